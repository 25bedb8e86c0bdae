//! The pools of all processes.

use super::super::grid::{Column, Row};
use super::super::state::Subject;
use super::super::theme::Tone;
use crate::commands::workers::{TITLES, row};
use fang_core::store::{WorkerInfo, WorkerState};

pub(super) const COLUMNS: [Column; 9] = [
    Column::number(TITLES[0], 0),
    Column::text(TITLES[1], 0),
    Column::number(TITLES[2], 0),
    Column::text(TITLES[3], 3),
    Column::cut(TITLES[4], 1, 12),
    Column::cut(TITLES[5], 0, 8),
    Column::number(TITLES[6], 0),
    Column::text(TITLES[7], 4),
    Column::number(TITLES[8], 2),
];

pub(super) fn rows(workers: &[WorkerInfo]) -> Vec<Row> {
    workers.iter().map(of).collect()
}

fn of(worker: &WorkerInfo) -> Row {
    let is_dead = worker.state == WorkerState::Dead;
    Row {
        subject: Subject::Worker { id: worker.id, is_quiet: worker.is_quiet, is_dead },
        cells: row(worker).to_vec(),
        tone: match worker.state {
            WorkerState::Silent => Tone::Bad,
            _ if is_dead => Tone::Faint,
            _ if worker.is_quiet => Tone::Attention,
            _ => Tone::Plain,
        },
    }
}
