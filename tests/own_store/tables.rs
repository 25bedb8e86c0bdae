//! The tables of the store, as two maps.

use fang::store::{
    Beat, Claim, Claimed, DbInstant, Disown, Finish, InsertOutcome, Inserted, MAX_FAILURES, Prune, Removal,
    Rescue, Rescued, RescuedTask, Verdict, WorkerId, micros, read_metadata,
};
use fang::{DateTime, Due, Failure, FangTaskState, NewTask, Task, Utc, Uuid, chrono::TimeDelta};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the row of a dead worker without tasks is kept.
const MOURNING: Duration = Duration::from_secs(60 * 60);

#[derive(Clone)]
pub struct Row {
    pub task: Task,
    payload: String,
    locked_by: Option<WorkerId>,
    unknown_since: Option<DateTime<Utc>>,
}

pub struct Worker {
    beat_at: DateTime<Utc>,
    dead_at: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub struct Tables {
    pub rows: BTreeMap<Uuid, Row>,
    workers: BTreeMap<WorkerId, Worker>,
    last_worker: i64,
    /// The last beat of any worker, and the begin of the time in which beats came without a gap.
    beats: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

fn later(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    now + TimeDelta::microseconds(micros(delay))
}

fn is_longer_ago(then: DateTime<Utc>, span: Duration, now: DateTime<Utc>) -> bool {
    (now - then).to_std().is_ok_and(|past| past > span)
}

impl Row {
    fn new(new: &NewTask, now: DateTime<Utc>) -> Self {
        let row = new.row();
        let mut task = Task::new(row.id, read_metadata(row.metadata));
        task.task_type = row.task_type.to_owned();
        (task.mode, task.priority) = (row.mode, row.priority);
        task.uniq_hash = row.uniq_hash.map(str::to_owned);
        task.scheduled_at = match row.due {
            Due::At(at) => at,
            Due::After(delay) => later(now, delay),
        };
        task.expires_at = row.expires.map(|span| later(task.scheduled_at, span));
        (task.created_at, task.updated_at) = (now, now);
        (task.max_retries, task.tags) = (row.max_retries, row.tags.to_vec());
        task.headers = row.headers.clone();
        task.keep = row.keep;
        Self { task, payload: row.metadata.to_owned(), locked_by: None, unknown_since: None }
    }

    fn answer(&self, outcome: InsertOutcome) -> Inserted {
        Inserted {
            id: self.task.id,
            is_new: outcome == InsertOutcome::New,
            outcome,
            created_at: self.task.created_at,
            scheduled_at: self.task.scheduled_at,
        }
    }

    /// Whether the task has this claim: the fence against stale results.
    fn is_claim(&self, worker: WorkerId, lease: i32) -> bool {
        let Task { state, lease: current, .. } = self.task;
        state == FangTaskState::InProgress && current == lease && self.locked_by == Some(worker)
    }

    fn claimed(&self, now: DateTime<Utc>) -> Claimed {
        Claimed {
            id: self.task.id,
            lease: self.task.lease,
            retries: self.task.retries,
            crashes: self.task.crashes,
            metadata: self.payload.clone(),
            mode: self.task.mode,
            priority: self.task.priority,
            scheduled_at: DbInstant::from(self.task.scheduled_at),
            unknown_for: self.unknown_since.map(|since| (now - since).to_std().unwrap_or_default()),
            max_retries: self.task.max_retries,
            headers: self.task.headers.clone(),
            keep: self.task.keep,
            expired_at: self.task.expires_at.filter(|at| *at <= now).map(DbInstant::from),
        }
    }

    fn let_go(&mut self, state: FangTaskState, now: DateTime<Utc>) {
        self.task.state = state;
        self.task.updated_at = now;
        self.locked_by = None;
    }

    fn waits_again(&self) -> FangTaskState {
        if self.task.retries > 0 { FangTaskState::Retried } else { FangTaskState::New }
    }

    fn write(&mut self, Finish { verdict, keep, .. }: &Finish, now: DateTime<Utc>) {
        if let Verdict::Retry { error, .. } | Verdict::Fail { error } = verdict {
            let attempt = u32::try_from(self.task.retries).unwrap() + 1;
            self.task.failures.push(Failure { at: now, attempt, error: error.clone() });
            let too_many = self.task.failures.len().saturating_sub(MAX_FAILURES);
            self.task.failures.drain(..too_many);
        }
        let state = match verdict {
            Verdict::Remove | Verdict::Keep => FangTaskState::Finished,
            Verdict::Retry { .. } => FangTaskState::Retried,
            Verdict::Fail { .. } => FangTaskState::Failed,
            Verdict::Release { .. } | Verdict::Unknown { .. } => self.waits_again(),
        };
        self.task.retries += i32::from(matches!(verdict, Verdict::Retry { .. }));
        if !matches!(verdict, Verdict::Release { .. }) {
            self.task.error_message = verdict.error().map(str::to_owned);
        }
        if let Some(delay) = verdict.delay().filter(|_| !verdict.keeps_its_place()) {
            self.task.scheduled_at = later(now, delay);
        }
        self.task.expires_at = self.task.expires_at.filter(|_| verdict.may_expire());
        self.task.keep_until = keep.filter(|_| !state.is_alive()).map(|span| later(now, span));
        let is_unknown = matches!(verdict, Verdict::Unknown { .. });
        self.unknown_since = self.unknown_since.or(Some(now)).filter(|_| is_unknown);
        self.let_go(state, now);
    }
}

impl Worker {
    fn is_silent(&self, lease: Duration, now: DateTime<Utc>) -> bool {
        self.dead_at.is_none() && is_longer_ago(self.beat_at, lease, now)
    }
}

impl Tables {
    /// Inserts tasks one by one, since a task may be a duplicate of an earlier one.
    pub fn insert(&mut self, tasks: &[NewTask], now: DateTime<Utc>) -> Vec<Inserted> {
        tasks.iter().map(|task| self.insert_one(task, now)).collect()
    }

    fn insert_one(&mut self, new: &NewTask, now: DateTime<Utc>) -> Inserted {
        let row = new.row();
        if let Some(known) = self.rows.get(&row.id) {
            return known.answer(InsertOutcome::New);
        }
        if let Some(duplicate) = row.uniq_hash.and_then(|hash| self.duplicate(hash)) {
            return self.rows[&duplicate].answer(InsertOutcome::Kept);
        }
        let row = Row::new(new, now);
        let inserted = row.answer(InsertOutcome::New);
        self.rows.insert(row.task.id, row);
        inserted
    }

    fn duplicate(&self, hash: &str) -> Option<Uuid> {
        let holds = |row: &&Row| row.task.uniq_hash.as_deref() == Some(hash) && row.task.state.is_alive();
        self.rows.values().find(holds).map(|row| row.task.id)
    }

    pub fn claim(&mut self, claim: &Claim<'_>, now: DateTime<Utc>) -> Vec<Claimed> {
        if self.workers.get(&claim.worker).is_none_or(|worker| worker.dead_at.is_some()) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for range in claim.ranges {
            let is_due = |task: &Task| {
                task.state.is_waiting()
                    && task.task_type == claim.task_type
                    && (task.mode, task.priority) == (range.mode, range.priority)
                    && task.scheduled_at <= now
                    && DbInstant::from(task.scheduled_at) >= range.floor
            };
            let tasks = self.rows.values().map(|row| &row.task).filter(|task| is_due(task));
            let mut due: Vec<_> = tasks.map(|task| (task.scheduled_at, task.id)).collect();
            due.sort_unstable();
            found.extend(due.into_iter().map(|(_, id)| id).take(claim.limit - found.len()));
        }
        found.iter().filter_map(|id| self.take_for(*id, claim.worker, now)).collect()
    }

    fn take_for(&mut self, id: Uuid, worker: WorkerId, now: DateTime<Utc>) -> Option<Claimed> {
        let row = self.rows.get_mut(&id)?;
        row.let_go(FangTaskState::InProgress, now);
        row.task.lease += 1;
        row.locked_by = Some(worker);
        Some(row.claimed(now))
    }

    pub fn finish(&mut self, worker: WorkerId, results: &[Finish], now: DateTime<Utc>) -> u64 {
        results.iter().filter(|result| self.finish_one(worker, result, now)).count() as u64
    }

    fn finish_one(&mut self, worker: WorkerId, result: &Finish, now: DateTime<Utc>) -> bool {
        let row = self.rows.get_mut(&result.id).filter(|row| row.is_claim(worker, result.lease));
        let Some(row) = row else { return false };
        match &result.verdict {
            Verdict::Remove => drop(self.rows.remove(&result.id)),
            _ => row.write(result, now),
        }
        true
    }

    pub fn disown(&mut self, disown: &Disown<'_>, now: DateTime<Utc>) -> u64 {
        let is_lost = |row: &&mut Row| {
            let Task { id, lease, .. } = row.task;
            row.is_claim(disown.worker, lease) && !disown.known.contains(&(id, lease))
        };
        let lost = self.rows.values_mut().filter(is_lost);
        let let_go = |row: &mut Row| {
            row.task.expires_at = None;
            row.let_go(row.waits_again(), now);
        };
        lost.map(let_go).count() as u64
    }

    pub fn register(&mut self, now: DateTime<Utc>) -> WorkerId {
        self.last_worker += 1;
        self.workers.insert(WorkerId(self.last_worker), Worker { beat_at: now, dead_at: None });
        WorkerId(self.last_worker)
    }

    pub fn heartbeat(&mut self, id: WorkerId, lease: Duration, now: DateTime<Utc>) -> Beat {
        let well_since = match self.beats {
            Some((last, since)) if !is_longer_ago(last, lease / 2, now) => since,
            _ => now,
        };
        self.beats = Some((now, well_since));
        let has_suspects =
            self.workers.iter().any(|(other, worker)| *other != id && worker.is_silent(lease, now));
        let before = self.workers.get(&id).map_or(now, |worker| worker.beat_at);
        let alive = self.workers.get_mut(&id).filter(|worker| worker.dead_at.is_none());
        Beat {
            is_alive: alive.map(|worker| worker.beat_at = now).is_some(),
            has_suspects,
            silent_for: (now - before).to_std().unwrap_or_default(),
            well_for: (now - well_since).to_std().unwrap_or_default(),
            has_cancellations: false,
            suspect_after: None,
        }
    }

    pub fn retire(&mut self, id: WorkerId, now: DateTime<Utc>) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.dead_at.get_or_insert(now);
        }
    }

    pub fn rescue(&mut self, rescue: &Rescue, now: DateTime<Utc>) -> Rescued {
        let mut rescued = Rescued::default();
        let by = rescue.by.map(|by| self.workers.get(&by).map(|worker| worker.beat_at));
        let may_tell = by.is_none_or(|beat| beat.is_some_and(|at| !is_longer_ago(at, rescue.lease / 2, now)));
        let is_silent = |worker: &&mut Worker| may_tell && worker.is_silent(rescue.lease, now);
        for worker in self.workers.values_mut().filter(is_silent) {
            worker.dead_at = Some(now);
            rescued.buried += 1;
        }
        let is_dead =
            |worker: WorkerId| self.workers.get(&worker).is_none_or(|worker| worker.dead_at.is_some());
        for row in self.rows.values_mut().filter(|row| row.locked_by.is_some_and(is_dead)) {
            row.task.crashes += 1;
            row.task.expires_at = None;
            if row.task.crashes < rescue.max_crashes {
                row.let_go(FangTaskState::Retried, now);
            } else {
                let times = row.task.crashes;
                row.task.error_message = Some(format!("the process that ran it died {times} times"));
                row.let_go(FangTaskState::Failed, now);
            }
            rescued.tasks.push(RescuedTask::of(&row.task));
        }
        rescued
    }

    pub fn prune(&mut self, prune: &Prune, now: DateTime<Utc>) -> u64 {
        let claimers: Vec<_> = self.rows.values().filter_map(|row| row.locked_by).collect();
        self.workers.retain(|id, worker| {
            claimers.contains(id) || worker.dead_at.is_none_or(|at| !is_longer_ago(at, MOURNING, now))
        });
        let is_over = |task: &Task| match task.keep_until {
            Some(until) => until <= now,
            None => prune.older_than.is_some_and(|age| is_longer_ago(task.updated_at, age, now)),
        };
        self.delete(prune.limit as usize, |task| !task.state.is_alive() && is_over(task))
    }

    pub fn remove(&mut self, removal: &Removal, now: DateTime<Utc>) -> u64 {
        self.delete(usize::MAX, |task| match removal {
            Removal::All => true,
            Removal::Scheduled => task.state.is_waiting() && task.scheduled_at > now,
            Removal::TaskType(task_type) => task.task_type == *task_type,
            Removal::Unique(hash) => task.uniq_hash.as_ref() == Some(hash) && task.state.is_alive(),
            Removal::Id(id) => task.id == *id,
        })
    }

    fn delete(&mut self, limit: usize, goes: impl Fn(&Task) -> bool) -> u64 {
        let tasks = self.rows.values().map(|row| &row.task);
        let gone: Vec<_> = tasks.filter(|task| goes(task)).map(|task| task.id).take(limit).collect();
        gone.iter().filter(|id| self.rows.remove(*id).is_some()).count() as u64
    }
}
