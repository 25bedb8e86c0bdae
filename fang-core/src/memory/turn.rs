//! Turns the time: moves every instant of the tables back.

use super::tables::{Cron, Period, Row, Tables, Worker};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::time::Duration;

impl Tables {
    /// Returns the task types that have waiting tasks.
    pub(super) fn turn(&mut self, by: Duration) -> BTreeSet<String> {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        self.change(|_| true, |row| turn_row(row, by));
        for Worker { started_at, beat_at, dead_at, .. } in self.workers.values_mut() {
            turn_all(by, [started_at, beat_at], [dead_at]);
        }
        for Cron { last_tick, created_at, paused_at, ticked_at, .. } in self.crons.values_mut() {
            turn_all(by, [last_tick, created_at, ticked_at], [paused_at]);
        }
        for Period { created_at, scheduled_at, until, .. } in self.periods.values_mut() {
            turn_all(by, [created_at, scheduled_at, until], []);
        }
        turn_all(by, [], [&mut self.gathered_in]);
        self.paused.values_mut().for_each(|paused_at| turn_all(by, [paused_at], []));
        for ((per, mut at, of, name), tally) in std::mem::take(&mut self.minutes) {
            turn_all(by, [&mut at], []);
            self.minutes.insert((per, at, of, name), tally);
        }
        if let Some((beat_at, well_since)) = &mut self.chain {
            turn_all(by, [beat_at, well_since], []);
        }
        self.rows().filter(|row| row.state.is_waiting()).map(|row| row.task_type.clone()).collect()
    }
}

fn turn_row(row: &mut Row, by: TimeDelta) {
    let Row { scheduled_at, created_at, updated_at, unknown_since, expires_at, keep_until, .. } = row;
    turn_all(by, [scheduled_at, created_at, updated_at], [unknown_since, expires_at, keep_until]);
    row.failures.iter_mut().for_each(|failure| turn_all(by, [&mut failure.at], []));
}

fn turn_all<const A: usize, const B: usize>(
    by: TimeDelta,
    always: [&mut DateTime<Utc>; A],
    at_times: [&mut Option<DateTime<Utc>>; B],
) {
    for instant in always.into_iter().chain(at_times.into_iter().flatten()) {
        *instant = instant.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC);
    }
}
