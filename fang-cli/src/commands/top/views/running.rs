//! The tasks that run.

use super::super::grid::{Column, Row};
use super::super::shown::Shown;
use super::super::state::Subject;
use super::super::theme::Tone;
use crate::commands::running::{TITLES, row};
use chrono::{DateTime, Utc};
use fang_core::store::{Running, WorkerInfo};

pub(super) const COLUMNS: [Column; 6] = [
    Column::cut(TITLES[0], 0, 13),
    Column::cut(TITLES[1], 0, 12),
    Column::cut(TITLES[2], 2, 10),
    Column::number(TITLES[3], 0),
    Column::number(TITLES[4], 0),
    Column::cut(TITLES[5], 1, 8),
];

pub(super) fn rows(tasks: &[Running], workers: &[WorkerInfo], now: DateTime<Utc>) -> Vec<Row> {
    let row = |running: &Running| Row {
        subject: Subject::Task(Shown::of(&running.task)),
        cells: row(running, now, workers).to_vec(),
        tone: Tone::Plain,
    };
    tasks.iter().map(row).collect()
}
