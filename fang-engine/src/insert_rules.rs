//! The rules of a queue for the tasks that it inserts.

use chrono::{DateTime, Utc};
use fang_core::error::{PayloadError, QueueError};
use fang_core::new_task::{DEFAULT_MAX_PAYLOAD_BYTES, NewTask};
use fang_core::schedule::{Cron, Timetable};
use fang_core::store::NewCron;
use std::collections::HashSet;
use uuid::Uuid;

/// The most tasks that one statement inserts, if one of them is unique ...
const MAX_INSERT: usize = 1000;
/// ... or if none is: these go in by COPY and lock nothing that other inserts need ...
const MAX_COPY: usize = 10_000;
/// ... and the most bytes of payload, so that memory stays bounded.
const MAX_INSERT_BYTES: usize = 8 * 1024 * 1024;

/// The rules of a queue for the tasks that it inserts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsertRules {
    /// With `false`, every task is unique. Defaults to `true`.
    pub duplicated_tasks: bool,
    /// The largest payload, in bytes of JSON. Defaults to 1 MiB.
    pub max_payload_bytes: usize,
}

impl Default for InsertRules {
    fn default() -> Self {
        Self { duplicated_tasks: true, max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES }
    }
}

impl InsertRules {
    /// Makes a task ready to be saved. It gets `new_id` unless it has an id already.
    ///
    /// # Errors
    /// [`PayloadError`] when it cannot be saved.
    pub fn prepare(&self, mut task: NewTask, new_id: Uuid) -> Result<NewTask, PayloadError> {
        task.check(self.max_payload_bytes)?;
        if task.id().is_nil() {
            task = task.with_id(new_id);
        }
        if self.duplicated_tasks { task.hashed() } else { task.unique() }
    }

    /// Makes a cron ready to be saved. Its first tick comes after `now`. An interval is counted from the anchor, the other instant.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when its task cannot be saved, or [`QueueError::Schedule`] when its schedule has an
    /// error.
    pub fn prepare_cron(
        &self,
        name: String,
        task: NewTask,
        cron: Cron,
        (anchor, now): (DateTime<Utc>, DateTime<Utc>),
        new_id: Uuid,
    ) -> Result<NewCron, QueueError> {
        let first = Timetable::read(&cron)?.next_after(anchor, now)?;
        // Each tick is inserted while the task of the previous one may still run, so its task must not be unique.
        let task = self.prepare(task, new_id)?.not_unique().without_trace().at(first);
        Ok(NewCron { name, cron, task, first })
    }
}

/// Cuts the tasks into batches for one statement each. A task that replaces a duplicate in the batch begins a new
/// one.
pub fn batches(mut rest: &[NewTask]) -> impl Iterator<Item = &[NewTask]> {
    std::iter::from_fn(move || {
        let (batch, after) = rest.split_at(batch_len(rest));
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

fn batch_len(tasks: &[NewTask]) -> usize {
    let mut bytes = 0;
    let mut hashes = HashSet::new();
    let plain = tasks.iter().take(MAX_COPY).take_while(|task| task.uniq_hash().is_none()).count();
    let fits = tasks.iter().take(plain.max(MAX_INSERT)).take_while(|task| {
        bytes += task.row().metadata.len();
        let is_known = task.uniq_hash().is_some_and(|hash| !hashes.insert(hash));
        bytes <= MAX_INSERT_BYTES && !(is_known && task.replaces().is_some())
    });
    fits.count().max(1).min(tasks.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::Mode;
    use fang_core::store::are_new;
    use fang_core::unique::{Replace, Unique};

    fn task(bytes: usize) -> NewTask {
        let payload = format!(r#"{{"type":"A","x":"{}"}}"#, "x".repeat(bytes));
        NewTask::new(payload, "common".into(), Mode::Asynk)
    }

    #[test]
    fn batches_are_bounded_in_number_and_in_bytes_and_lose_nothing() {
        let lens = |tasks: &[NewTask]| batches(tasks).map(<[NewTask]>::len).collect::<Vec<_>>();
        assert_eq!(lens(&vec![task(1); 23_000]), [10_000, 10_000, 3_000]);
        assert_eq!(lens(&vec![task(1).unique().unwrap(); 2300]), [1000, 1000, 300]);
        let mut mixed = vec![task(1); 3000];
        mixed[1200] = task(1).unique().unwrap();
        assert_eq!(lens(&mixed), [1200, 1000, 800]);
        assert_eq!(lens(&vec![task(3 * 1024 * 1024); 5]), [2, 2, 1]);
        assert_eq!(lens(&[task(20 * 1024 * 1024), task(1)]), [1, 1]);
        assert!(lens(&[]).is_empty());
    }

    #[test]
    fn a_unique_task_may_not_be_new() {
        assert!(are_new(&[task(1), task(1)]));
        assert!(!are_new(&[task(1), task(1).unique().unwrap()]));
    }

    #[test]
    fn a_task_that_replaces_one_of_its_batch_begins_another_batch() {
        let keep = || task(1).unique().unwrap();
        let replace = || task(1).unique_by(Unique::payload().replace(Replace::TIME)).hashed().unwrap();
        let tasks = [keep(), task(2), keep(), replace(), task(1), replace(), keep()];
        assert_eq!(batches(&tasks).map(<[NewTask]>::len).collect::<Vec<_>>(), [3, 2, 2]);
    }

    #[test]
    fn a_queue_without_duplicates_makes_every_task_unique_but_no_tick() {
        let rules = InsertRules { duplicated_tasks: false, ..InsertRules::default() };
        assert!(rules.prepare(task(1), Uuid::max()).unwrap().uniq_hash().is_some());
        let now = DateTime::UNIX_EPOCH;
        let cron = Cron::new("0 * * * *");
        let cron = rules.prepare_cron(task(1).cron_name(), task(1), cron, (now, now), Uuid::max()).unwrap();
        assert_eq!((cron.task.uniq_hash(), cron.task.id()), (None, Uuid::max()));
        assert!(cron.name.starts_with("A/"));
    }
}
