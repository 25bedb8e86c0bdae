//! Claim and finish.

use super::tables::{Row, Tables};
use crate::failure::{Failure, MAX_FAILURES};
use crate::new_task::{Due, NewTask};
use crate::notify::Notice;
use crate::store::{Claim, Claimed, ClaimedTasks, DbInstant, Finish, ScanRange, Verdict, WorkerId, micros};
use crate::task::FangTaskState;
use crate::unique::UNTIL_STARTED;
use chrono::{DateTime, Utc};
use std::ops::Bound;
use std::time::Duration;
use uuid::Uuid;

impl Tables {
    pub(super) fn claim(&mut self, claim: &Claim<'_>, now: DateTime<Utc>) -> ClaimedTasks {
        if !self.is_alive(claim.worker) || self.paused.contains_key(claim.task_type) {
            return ClaimedTasks::default();
        }
        let mut found: Vec<Uuid> = Vec::new();
        for range in claim.ranges {
            let room = claim.limit - found.len();
            found.extend(self.due(claim.task_type, range, now).take(room));
        }
        let take = |id| self.take_for(id, claim.worker, now);
        let tasks: Vec<Claimed> = found.into_iter().filter_map(take).collect();
        let is_told = !claim.within.is_zero() && tasks.len() < claim.limit;
        let next = |range| self.next_due(claim.task_type, range, now, later(now, claim.within));
        let next = claim.ranges.iter().filter(|_| is_told).filter_map(next).min();
        ClaimedTasks { tasks, next_in: next.map(|at| (at - now).to_std().unwrap_or_default()) }
    }

    /// When the next task of a scan range becomes due, if that is in time.
    fn next_due(
        &self,
        task_type: &str,
        range: &ScanRange,
        now: DateTime<Utc>,
        latest: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let key = |at| (task_type.to_owned(), range.mode as i16, range.priority as i16, at, Uuid::max());
        let future = (Bound::Excluded(key(now)), Bound::Included(key(latest)));
        self.ready.range(future).next().map(|key| key.3)
    }

    /// The due tasks of a scan range, the earliest first.
    fn due(&self, task_type: &str, range: &ScanRange, now: DateTime<Utc>) -> impl Iterator<Item = Uuid> {
        let key = |at, id| (task_type.to_owned(), range.mode as i16, range.priority as i16, at, id);
        let from = Bound::Included(key(range.floor.to_datetime(), Uuid::nil()));
        let to = Bound::Included(key(now, Uuid::max()));
        self.ready.range((from, to)).map(|key| key.4)
    }

    fn take_for(&mut self, id: Uuid, worker: WorkerId, now: DateTime<Utc>) -> Option<Claimed> {
        let mut row = self.take(id)?;
        row.state = FangTaskState::InProgress;
        row.uniq_hash = row.uniq_hash.filter(|hash| !hash.starts_with(UNTIL_STARTED));
        row.lease += 1;
        row.locked_by = Some(worker);
        row.updated_at = now;
        let claimed = Claimed {
            id: row.id,
            lease: row.lease,
            retries: row.retries,
            crashes: row.crashes,
            metadata: row.metadata.clone(),
            mode: row.mode,
            priority: row.priority,
            scheduled_at: DbInstant::from(row.scheduled_at),
            unknown_for: row.unknown_since.map(|since| (now - since).to_std().unwrap_or_default()),
            max_retries: row.options.max_retries,
            headers: row.options.headers.clone(),
            keep: row.options.keep(),
            expired_at: row.expires_at.filter(|at| *at <= now).map(DbInstant::from),
        };
        self.put(row);
        Some(claimed)
    }

    pub(super) fn finish(&mut self, worker: WorkerId, results: &[Finish], now: DateTime<Utc>) -> u64 {
        results.iter().filter(|result| self.finish_one(worker, result, now)).count() as u64
    }

    /// Changes nothing unless the claim still stands.
    fn finish_one(&mut self, worker: WorkerId, result: &Finish, now: DateTime<Utc>) -> bool {
        let is_claim = |row: &&Row| row.is_claim(worker, result.lease);
        let Some(mut row) = self.row(result.id).filter(is_claim).cloned() else { return false };
        if result.verdict == Verdict::Remove {
            self.take(result.id);
        } else {
            write(&mut row, result, now);
            self.put(row);
        }
        true
    }
}

pub(super) fn new_row(task: &NewTask, now: DateTime<Utc>) -> Row {
    let scheduled_at = due_at(task.due, now);
    Row {
        id: task.id,
        metadata: task.metadata.clone(),
        error_message: None,
        state: FangTaskState::New,
        task_type: task.task_type.clone(),
        uniq_hash: task.row_hash().map(str::to_owned),
        retries: 0,
        scheduled_at,
        created_at: now,
        updated_at: now,
        mode: task.mode,
        priority: task.priority,
        lease: 0,
        crashes: 0,
        is_suspect: false,
        locked_by: None,
        unknown_since: None,
        options: task.options.clone(),
        failures: Vec::new(),
        expires_at: task.expires.map(|span| later(scheduled_at, span)),
        keep_until: None,
    }
}

/// When a task that is inserted now becomes due.
pub(super) fn due_at(due: Due, now: DateTime<Utc>) -> DateTime<Utc> {
    match due {
        Due::At(at) => at,
        Due::After(delay) => later(now, delay),
    }
}

/// The notice for a task that becomes due then.
pub(super) fn notice(due: Due, now: DateTime<Utc>) -> Notice {
    Notice::due_in((due_at(due, now) - now).to_std().unwrap_or_default())
}

fn write(row: &mut Row, Finish { verdict, keep, .. }: &Finish, now: DateTime<Utc>) {
    let again = if row.retries > 0 { FangTaskState::Retried } else { FangTaskState::New };
    row.state = match verdict {
        Verdict::Remove | Verdict::Keep => FangTaskState::Finished,
        Verdict::Retry { .. } => FangTaskState::Retried,
        Verdict::Fail { .. } => FangTaskState::Failed,
        Verdict::Release { .. } | Verdict::Unknown { .. } => again,
    };
    if let Verdict::Retry { error, .. } | Verdict::Fail { error } = verdict {
        remember(row, error, now);
    }
    if let Verdict::Retry { .. } = verdict {
        row.retries += 1;
    }
    if !matches!(verdict, Verdict::Release { .. }) {
        row.error_message = verdict.error().map(str::to_owned);
    }
    if let Some(delay) = verdict.delay().filter(|_| !verdict.keeps_its_place()) {
        row.scheduled_at = later(now, delay);
    }
    row.expires_at = row.expires_at.filter(|_| verdict.may_expire());
    row.keep_until = keep.filter(|_| !row.state.is_alive()).map(|span| later(now, span));
    row.unknown_since = match verdict {
        Verdict::Unknown { .. } => row.unknown_since.or(Some(now)),
        _ => None,
    };
    row.let_go(now);
}

fn remember(row: &mut Row, error: &str, now: DateTime<Utc>) {
    if row.failures.len() >= MAX_FAILURES {
        row.failures.remove(0);
    }
    let attempt = u32::try_from(row.retries).unwrap_or_default().saturating_add(1);
    row.failures.push(Failure { at: now, attempt, error: error.to_owned() });
}

pub(super) fn later(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    now.checked_add_signed(chrono::Duration::microseconds(micros(delay))).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
