//! Register, heartbeat, retire, rescue and prune.

use super::tables::{Row, Tables, Worker};
use crate::store::{
    Beat, Counts, Disown, Prune, Report, ReportedBeat, Rescue, Rescued, RescuedTask, WorkerId,
};
use crate::task::FangTaskState;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use uuid::Uuid;

/// How long dead workers are remembered ...
const MOURNING: TimeDelta = TimeDelta::hours(1);
/// ... and if what they told was not gathered.
const LONG_MOURNING: TimeDelta = TimeDelta::days(1);

impl Tables {
    pub(super) fn register(&mut self, info: &str, now: DateTime<Utc>) -> WorkerId {
        self.last_worker += 1;
        let id = WorkerId(self.last_worker);
        self.workers.insert(id, Worker::new(info, now));
        id
    }

    pub(super) fn is_alive(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|worker| worker.dead_at.is_none())
    }

    pub(super) fn disown(&mut self, disown: &Disown<'_>, now: DateTime<Utc>) -> u64 {
        let is_unknown = |row: &Row| {
            row.state == FangTaskState::InProgress
                && row.locked_by == Some(disown.worker)
                && !disown.known.contains(&(row.id, row.lease))
        };
        self.change(is_unknown, |row| {
            row.state = if row.retries > 0 { FangTaskState::Retried } else { FangTaskState::New };
            row.expires_at = None;
            row.let_go(now);
        })
    }

    pub(super) fn suspect(&mut self, worker: WorkerId, id: Uuid, lease: i32) -> bool {
        let is_claim = |row: &Row| row.id == id && row.is_claim(worker, lease);
        self.change(is_claim, |row| row.is_suspect = true) > 0
    }

    pub(super) fn heartbeat(
        &mut self,
        worker: WorkerId,
        lease: Duration,
        report: &Report,
        now: DateTime<Utc>,
    ) -> ReportedBeat {
        let answer = ReportedBeat::without_report(self.beat(worker, lease, now));
        let answer = answer.minute_is_due(self.is_minute_due(now));
        let Some(row) = self.workers.get_mut(&worker) else { return answer };
        row.tells(report);
        answer.saved(true).asked(row.asked)
    }

    fn beat(&mut self, worker: WorkerId, lease: Duration, now: DateTime<Utc>) -> Beat {
        let before = self.workers.get(&worker).map_or(now, |worker| worker.beat_at);
        for other in self.workers.values_mut().filter(|other| is_ahead(other.beat_at, lease, now)) {
            other.beat_at = now;
        }
        let alive = self.workers.get_mut(&worker).filter(|worker| worker.dead_at.is_none());
        let is_alive = alive.map(|worker| worker.beat_at = now).is_some();
        let has_suspects =
            self.workers.iter().any(|(id, other)| *id != worker && other.is_silent(lease, now));
        let silent_for = (now - before).to_std().unwrap_or_default();
        let has_cancellations = !self.cancelled.is_empty();
        let well_for = self.well_for(lease, now);
        Beat { is_alive, has_suspects, silent_for, well_for, has_cancellations, suspect_after: None }
    }

    /// How long beats of any worker have come without a gap, this one included.
    fn well_for(&mut self, lease: Duration, now: DateTime<Utc>) -> Duration {
        let unbroken = self.chain.filter(|(beat_at, well_since)| {
            !is_longer_ago(*beat_at, lease / 2, now) && !is_ahead((*beat_at).max(*well_since), lease, now)
        });
        let well_since = unbroken.map_or(now, |(_, well_since)| well_since);
        self.chain = Some((now, well_since));
        (now - well_since).to_std().unwrap_or_default()
    }

    /// The last sign of life is that of the retirement, which tells it from a worker that was declared dead.
    pub(super) fn retire(&mut self, worker: WorkerId, report: &Report, now: DateTime<Utc>) {
        let Some(worker) = self.workers.get_mut(&worker) else { return };
        worker.tells(report);
        if worker.dead_at.is_none() {
            worker.beat_at = now;
            worker.dead_at = Some(now);
        }
    }

    pub(super) fn rescue(&mut self, rescue: &Rescue, now: DateTime<Utc>) -> Rescued {
        let mut rescued = Rescued::default();
        let by = rescue.by.map(|by| self.workers.get(&by));
        let may_tell =
            by.is_none_or(|by| by.is_some_and(|by| !is_longer_ago(by.beat_at, rescue.lease / 2, now)));
        let silent = |worker: &&mut Worker| may_tell && worker.is_silent(rescue.lease, now);
        for worker in self.workers.values_mut().filter(silent) {
            worker.dead_at = Some(now);
            rescued.buried += 1;
        }
        let orphans: Vec<Row> =
            self.rows().filter(|row| self.is_orphan(row, rescue.lease, now)).cloned().collect();
        for mut row in orphans {
            let is_cancelled = self.is_cancelled(row.id);
            take_back(&mut row, rescue.max_crashes, is_cancelled, now);
            rescued.tasks.push(RescuedTask::of(&row.to_task()));
            self.put(row);
        }
        rescued
    }

    /// Whether a row is in progress and no living worker has claimed it.
    fn is_orphan(&self, row: &Row, lease: Duration, now: DateTime<Utc>) -> bool {
        if row.state != FangTaskState::InProgress {
            return false;
        }
        match row.locked_by.and_then(|worker| self.workers.get(&worker)) {
            Some(worker) => worker.dead_at.is_some(),
            None => is_longer_ago(row.updated_at, lease, now),
        }
    }

    pub(super) fn prune(&mut self, prune: &Prune, now: DateTime<Utc>) -> u64 {
        let claimers: Vec<WorkerId> = self.rows().filter_map(|row| row.locked_by).collect();
        self.workers.retain(|id, worker| {
            let is_kept = |dead_at| now - dead_at <= worker.mourning();
            claimers.contains(id) || worker.dead_at.is_none_or(is_kept)
        });
        self.prune_minutes(now);
        let periods = self.prune_periods(prune.limit, now);
        let is_over = |row: &Row| match row.keep_until {
            Some(until) => until <= now,
            None => prune.older_than.is_some_and(|age| is_longer_ago(row.updated_at, age, now)),
        };
        periods + self.delete(prune.limit as usize, |row| !row.state.is_alive() && is_over(row))
    }
}

impl Worker {
    fn new(info: &str, now: DateTime<Utc>) -> Self {
        Self {
            info: info.to_owned(),
            started_at: now,
            beat_at: now,
            dead_at: None,
            load: None,
            told: Counts::default(),
            gathered: Counts::default(),
            asked: None,
        }
    }

    fn mourning(&self) -> TimeDelta {
        if self.told == self.gathered { MOURNING } else { LONG_MOURNING }
    }

    fn is_silent(&self, lease: Duration, now: DateTime<Utc>) -> bool {
        self.dead_at.is_none() && is_longer_ago(self.beat_at, lease, now)
    }
}

fn is_longer_ago(instant: DateTime<Utc>, span: Duration, now: DateTime<Utc>) -> bool {
    (now - instant).to_std().is_ok_and(|past| past > span)
}

/// Whether an instant was written while the clock was ahead.
fn is_ahead(instant: DateTime<Utc>, lease: Duration, now: DateTime<Utc>) -> bool {
    is_longer_ago(now, lease / 2, instant)
}

fn take_back(row: &mut Row, max_crashes: i16, is_cancelled: bool, now: DateTime<Utc>) {
    let counts_in_full = row.is_suspect || max_crashes <= 1;
    row.crashes += 1;
    row.expires_at = None;
    row.let_go(now);
    row.state = FangTaskState::Retried;
    if !counts_in_full {
        row.crashes = row.crashes.min(max_crashes - 1);
    }
    if row.crashes >= max_crashes {
        row.state = FangTaskState::Failed;
        row.error_message = Some(format!("the process that ran it died {} times", row.crashes));
    }
    if is_cancelled {
        row.state = FangTaskState::Failed;
        row.error_message = Some("cancelled".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::tasks::new_row;
    use crate::new_task::NewTask;
    use crate::task::Mode;

    /// No verb makes such a row: a worker is kept while it has claimed tasks.
    #[test]
    fn a_task_of_a_vanished_worker_comes_back_after_a_lease() {
        let mut tables = Tables::default();
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut row = new_row(&NewTask::new("{}".into(), "common".into(), Mode::Asynk), at(0));
        row.state = FangTaskState::InProgress;
        row.locked_by = Some(WorkerId(7));
        tables.put(row);
        let rescue = Rescue { by: None, lease: Duration::from_secs(30), max_crashes: 3 };
        let retried = [29, 31, 99].map(|seconds| tables.rescue(&rescue, at(seconds)).retried());
        assert_eq!(retried, [0, 1, 0]);
    }

    #[test]
    fn after_the_clock_was_ahead_a_dead_worker_is_found_within_two_leases() {
        let (mut tables, lease) = (Tables::default(), Duration::from_secs(30));
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let [worker, _dead] = [0, 0].map(|_| tables.register("{}", at(30_000)));
        tables.beat(worker, lease, at(30_000));
        let beats: Vec<Beat> = (1..=12).map(|beat| tables.beat(worker, lease, at(beat * 5))).collect();
        let found = beats.iter().position(|beat| beat.has_suspects && beat.well_for >= lease);
        assert_eq!(found, Some(7), "{beats:?}");
        let rescue = Rescue { by: Some(worker), lease, max_crashes: 3 };
        assert_eq!(tables.rescue(&rescue, at(61)).buried, 1);
    }
}
