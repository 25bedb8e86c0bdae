//! Batches as the statements take them: one array a column.

use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::store::{DbInstant, Finish, Inserted, Lane, micros};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The parameters of `insert.sql`, in order.
#[derive(Debug)]
pub struct InsertColumns<'a> {
    /// The ids.
    pub ids: Vec<Uuid>,
    /// The payloads.
    pub metadata: Vec<&'a str>,
    /// The task types.
    pub task_types: Vec<&'a str>,
    /// The modes.
    pub modes: Vec<i16>,
    /// The priorities.
    pub priorities: Vec<i16>,
    /// The unique hashes.
    pub hashes: Vec<Option<&'a str>>,
    /// The delays, in microseconds.
    pub delays: Vec<i64>,
    /// The instants, which go before the delays.
    pub instants: Vec<Option<DbInstant>>,
    /// What they choose beyond their types, as JSON.
    pub options: Vec<Option<String>>,
}

impl<'a> InsertColumns<'a> {
    /// The columns of a batch.
    pub fn new(tasks: &'a [NewTask]) -> Self {
        let due = |task: &NewTask| match task.due {
            Due::After(delay) => (micros(delay), None),
            Due::At(at) => (0, Some(at.into())),
        };
        let (delays, instants) = tasks.iter().map(due).unzip();
        Self {
            ids: tasks.iter().map(|task| task.id).collect(),
            metadata: tasks.iter().map(|task| task.metadata.as_str()).collect(),
            task_types: tasks.iter().map(|task| task.task_type.as_str()).collect(),
            modes: tasks.iter().map(|task| task.mode as i16).collect(),
            priorities: tasks.iter().map(|task| task.priority as i16).collect(),
            hashes: tasks.iter().map(|task| task.uniq_hash.as_deref()).collect(),
            delays,
            instants,
            options: tasks.iter().map(|task| task.options.to_json()).collect(),
        }
    }

    /// The unique hashes alone: the second parameter of `holders.sql`.
    pub fn held(&self) -> Vec<&'a str> {
        self.hashes.iter().flatten().copied().collect()
    }
}

/// The task types in which somebody may find something to claim now.
pub fn due_now(tasks: &[NewTask]) -> BTreeSet<&str> {
    tasks.iter().filter(|task| task.due.may_be_now()).map(|task| task.task_type.as_str()).collect()
}

/// A row of `insert.sql` or of `holders.sql`.
#[derive(Clone, Debug)]
pub struct InTable {
    /// Its id.
    pub id: Uuid,
    /// The unique hash it holds; not asked of one that was just inserted.
    pub uniq_hash: Option<String>,
    /// When it was inserted.
    pub created_at: DbInstant,
    /// When it becomes due.
    pub scheduled_at: DbInstant,
}

impl InTable {
    fn answer(&self, is_new: bool) -> Inserted {
        Inserted {
            id: self.id,
            is_new,
            created_at: self.created_at.to_datetime(),
            scheduled_at: self.scheduled_at.to_datetime(),
        }
    }
}

/// What is in the table for each task of a batch, as far as that is known.
#[derive(Debug)]
pub struct Answers<'a> {
    tasks: &'a [NewTask],
    known: Vec<Option<Inserted>>,
}

impl<'a> Answers<'a> {
    /// Nothing is known yet.
    pub fn new(tasks: &'a [NewTask]) -> Self {
        Self { tasks, known: vec![None; tasks.len()] }
    }

    /// The tasks without an answer, to be sent again: a unique task that kept one from being inserted
    /// ended just when it was looked for. Those with an answer are not sent again: they may have run
    /// already, and be gone.
    pub fn missing(&self) -> Vec<NewTask> {
        let unknown = self.tasks.iter().zip(&self.known).filter(|(_, known)| known.is_none());
        unknown.map(|(task, _)| task.clone()).collect()
    }

    /// Takes what was inserted, and what was there instead.
    pub fn add(&mut self, saved: &[InTable], holders: &[InTable]) {
        // A holder of the very id is this task, saved by an earlier try whose answer was lost.
        let by_id: HashMap<Uuid, &InTable> = holders.iter().chain(saved).map(|row| (row.id, row)).collect();
        let by_hash: HashMap<&str, &InTable> =
            holders.iter().filter_map(|row| Some((row.uniq_hash.as_deref()?, row))).collect();
        for (task, known) in self.tasks.iter().zip(&mut self.known) {
            let own = || by_id.get(&task.id).map(|row| row.answer(true));
            let holder = || Some(by_hash.get(task.uniq_hash.as_deref()?)?.answer(false));
            *known = known.or_else(own).or_else(holder);
        }
    }

    /// All answers, in order.
    ///
    /// # Errors
    /// A passing [`StoreError`] when some are still missing.
    pub fn finish(self) -> Result<Vec<Inserted>, StoreError> {
        self.known.into_iter().collect::<Option<Vec<_>>>().ok_or_else(StoreError::unsettled)
    }
}

/// How often tasks are sent again for which no answer is known.
pub const MAX_INSERT_TRIES: usize = 10;

/// The parameters of `claim.sql` that say where to look.
#[derive(Debug)]
pub struct LaneColumns {
    /// The modes.
    pub modes: Vec<i16>,
    /// The priorities.
    pub priorities: Vec<i16>,
    /// The floors.
    pub floors: Vec<DbInstant>,
}

impl LaneColumns {
    /// The columns of the lanes.
    pub fn new(lanes: &[Lane]) -> Self {
        Self {
            modes: lanes.iter().map(|lane| lane.mode as i16).collect(),
            priorities: lanes.iter().map(|lane| lane.priority as i16).collect(),
            floors: lanes.iter().map(|lane| lane.floor).collect(),
        }
    }
}

/// The parameters of `finish.sql` behind the first; the first two of them are also those of
/// `finish_remove.sql`.
#[derive(Debug)]
pub struct FinishColumns<'a> {
    /// The ids.
    pub ids: Vec<Uuid>,
    /// The leases.
    pub leases: Vec<i32>,
    /// The codes of the verdicts.
    pub codes: Vec<i16>,
    /// The delays, in microseconds.
    pub delays: Vec<Option<i64>>,
    /// The errors.
    pub errors: Vec<Option<&'a str>>,
}

impl<'a> FinishColumns<'a> {
    /// The columns of a batch.
    pub fn new(results: &'a [Finish]) -> Self {
        Self {
            ids: results.iter().map(|result| result.id).collect(),
            leases: results.iter().map(|result| result.lease).collect(),
            codes: results.iter().map(|result| result.verdict.code()).collect(),
            delays: results.iter().map(|result| result.verdict.delay().map(micros)).collect(),
            errors: results.iter().map(|result| result.verdict.error()).collect(),
        }
    }

    /// Whether all rows go, so that `finish_remove.sql` does.
    pub fn all_go(&self) -> bool {
        self.codes.iter().all(|code| *code == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Mode;

    fn task(id: u128, hash: Option<&str>) -> NewTask {
        let mut task = NewTask::new("{}".into(), "common".into(), Mode::Asynk);
        task.id = Uuid::from_u128(id);
        task.uniq_hash = hash.map(str::to_owned);
        task
    }

    fn row(id: u128, hash: Option<&str>) -> InTable {
        let instant = DbInstant(0);
        InTable {
            id: Uuid::from_u128(id),
            uniq_hash: hash.map(str::to_owned),
            created_at: instant,
            scheduled_at: instant,
        }
    }

    #[test]
    fn each_task_is_answered_by_its_own_row_or_by_the_one_that_holds_its_hash() {
        let tasks = [task(1, None), task(2, Some("h")), task(3, None)];
        let mut answers = Answers::new(&tasks);
        answers.add(&[row(1, None)], &[row(3, None), row(9, Some("h"))]);
        let told: Vec<_> =
            answers.finish().unwrap().iter().map(|answer| (answer.id.as_u128(), answer.is_new)).collect();
        assert_eq!(told, [(1, true), (9, false), (3, true)]);
    }

    #[test]
    fn only_a_task_whose_holder_ended_meanwhile_is_sent_again() {
        let tasks = [task(1, None), task(2, Some("h"))];
        let mut answers = Answers::new(&tasks);
        answers.add(&[row(1, None)], &[]);
        let missing: Vec<_> = answers.missing().iter().map(|task| task.id.as_u128()).collect();
        assert_eq!(missing, [2]);
        answers.add(&[row(2, Some("h"))], &[]);
        assert_eq!(answers.finish().unwrap().len(), 2);
        assert!(Answers::new(&tasks).finish().is_err());
    }
}
