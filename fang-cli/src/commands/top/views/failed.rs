//! The tasks that failed last.

use super::super::grid::{Column, Row};
use super::super::shown::Shown;
use super::super::state::Subject;
use super::super::theme::Tone;
use chrono::{DateTime, Utc};
use fang_core::Task;
use fang_core::operator::span::relative;

pub(super) const COLUMNS: [Column; 6] = [
    Column::cut("KIND", 0, 12),
    Column::text("FAILED", 0),
    Column::cut("ERROR", 0, 24),
    Column::number("RETRIES", 1),
    Column::cut("TASK TYPE", 2, 10),
    Column::cut("ID", 3, 36),
];

pub(super) fn rows(tasks: &[Task], now: DateTime<Utc>) -> Vec<Row> {
    let row = |task: &Task| Row {
        subject: Subject::Task(Shown::of(task)),
        cells: vec![
            task.kind().unwrap_or("?").to_owned(),
            relative(task.updated_at, now),
            task.error_message.clone().unwrap_or_default(),
            task.retries.to_string(),
            task.task_type.clone(),
            task.id.to_string(),
        ],
        tone: Tone::Plain,
    };
    tasks.iter().map(row).collect()
}
