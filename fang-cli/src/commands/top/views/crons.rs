//! The crons, and when they tick next.

use super::super::grid::{Column, Row};
use super::super::state::Subject;
use super::super::theme::Tone;
use chrono::{DateTime, Utc};
use fang_core::operator::span::relative;
use fang_core::store::CronInfo;

pub(super) const COLUMNS: [Column; 6] = [
    Column::cut("NAME", 0, 20),
    Column::cut("PATTERN", 0, 12),
    Column::text("NEXT TICK", 0),
    Column::text("PAUSED", 0),
    Column::cut("TIME ZONE", 2, 8),
    Column::cut("TASK TYPE", 1, 10),
];

pub(super) fn rows(crons: &[CronInfo], now: DateTime<Utc>) -> Vec<Row> {
    let row = |cron: &CronInfo| Row {
        subject: Subject::Cron { name: cron.name.clone(), is_paused: cron.paused_at.is_some() },
        cells: vec![
            cron.name.clone(),
            cron.cron.pattern.clone(),
            if cron.paused_at.is_some() { String::new() } else { relative(cron.next_tick, now) },
            cron.paused_at.map_or(String::new(), |_| "paused".to_owned()),
            cron.cron.time_zone.clone(),
            cron.task_type.clone(),
        ],
        tone: if cron.paused_at.is_some() { Tone::Attention } else { Tone::Plain },
    };
    crons.iter().map(row).collect()
}
