//! The task types: what waits, what runs, and how fast.

use super::super::grid::{Column, Row};
use super::super::state::Subject;
use super::super::theme::Tone;
use crate::rate;
use fang_core::store::TypeInfo;

pub(super) const COLUMNS: [Column; 15] = columns([0, 0, 0, 4, 0, 11, 1, 1, 5, 7, 8, 6, 9, 10, 0]);

/// The columns of task types with these ranks.
pub(super) const fn columns(ranks: [u8; 15]) -> [Column; 15] {
    let mut columns = [Column::cut(rate::TITLES[0], 0, 12); 15];
    let mut at = 1;
    while at < 15 {
        columns[at] = match at {
            14 => Column::text(rate::TITLES[at], ranks[at]),
            _ => Column::number(rate::TITLES[at], ranks[at]),
        };
        at += 1;
    }
    columns
}

pub(super) fn rows(types: &[TypeInfo]) -> Vec<Row> {
    let row = |of: &TypeInfo| Row {
        subject: Subject::Type { name: of.task_type.clone(), is_paused: of.paused_at.is_some() },
        cells: rate::row(of).to_vec(),
        tone: if of.paused_at.is_some() { Tone::Attention } else { Tone::Plain },
    };
    types.iter().map(row).collect()
}
