//! The answers to an insert, task by task.

use fang_core::StoreError;
use fang_core::new_task::NewTask;
use fang_core::store::{DbInstant, InsertOutcome, Inserted, MAX_INSERT_TRIES};
use std::borrow::Cow;
use std::collections::HashMap;
use uuid::Uuid;

/// A row of `insert.sql`, of `insert_unique.sql` or of `duplicates.sql`.
#[derive(Clone, Debug)]
pub struct InTable {
    /// Its id.
    pub id: Uuid,
    /// Its unique hash. Not read for a row that was just inserted.
    pub uniq_hash: Option<String>,
    /// Whether it waits to run. Read for duplicates only.
    pub waits: bool,
    /// The task whose insert replaced this row; `None` if the row is its own.
    pub asked: Option<Uuid>,
    /// When it was inserted.
    pub created_at: DbInstant,
    /// When it becomes due.
    pub scheduled_at: DbInstant,
}

impl InTable {
    /// A row that was just inserted.
    pub fn saved(id: Uuid, created_at: DbInstant, scheduled_at: DbInstant) -> Self {
        Self { id, uniq_hash: None, waits: true, asked: None, created_at, scheduled_at }
    }

    /// The same row, as the answer to the insert of this task.
    pub fn for_insert_of(self, asked: Uuid) -> Self {
        Self { asked: (asked != self.id).then_some(asked), ..self }
    }

    fn answer(&self, outcome: InsertOutcome) -> Inserted {
        Inserted {
            id: self.id,
            is_new: outcome == InsertOutcome::New,
            outcome,
            created_at: self.created_at.to_datetime(),
            scheduled_at: self.scheduled_at.to_datetime(),
        }
    }
}

/// The answers for the tasks of a batch, as far as they are known.
#[derive(Debug)]
pub struct Answers<'a> {
    tasks: &'a [NewTask],
    known: Vec<Option<Inserted>>,
    tries: usize,
}

impl<'a> Answers<'a> {
    /// For a batch of which nothing is known yet.
    pub fn new(tasks: &'a [NewTask]) -> Self {
        Self { tasks, known: vec![None; tasks.len()], tries: 0 }
    }

    /// The tasks to send next: first all of them, then those without an answer, a limited number of times. A task
    /// has no answer if its duplicate ended before it was looked up. Tasks with an answer are not sent again: they
    /// may have run and be gone.
    pub fn next_to_send(&mut self) -> Option<Cow<'a, [NewTask]>> {
        self.tries += 1;
        if self.tries == 1 {
            return Some(Cow::Borrowed(self.tasks));
        }
        let unknown = self.tasks.iter().zip(&self.known).filter(|(_, known)| known.is_none());
        let missing: Vec<NewTask> = unknown.map(|(task, _)| task.clone()).collect();
        (self.tries <= MAX_INSERT_TRIES && !missing.is_empty()).then_some(Cow::Owned(missing))
    }

    /// Adds the rows that were inserted and the duplicates that were found.
    pub fn add(&mut self, saved: &[InTable], duplicates: &[InTable]) {
        // A duplicate with the id of the task is the task itself, saved by an earlier try whose answer was lost.
        let own = saved.iter().filter(|row| row.asked.is_none());
        let by_id: HashMap<Uuid, &InTable> = duplicates.iter().chain(own).map(|row| (row.id, row)).collect();
        let replaced: HashMap<Uuid, &InTable> =
            saved.iter().filter_map(|row| Some((row.asked?, row))).collect();
        let by_hash: HashMap<&str, &InTable> =
            duplicates.iter().filter_map(|row| Some((row.uniq_hash.as_deref()?, row))).collect();
        for (task, known) in self.tasks.iter().zip(&mut self.known) {
            let own = || by_id.get(&task.id()).map(|row| row.answer(InsertOutcome::New));
            let replaced = || replaced.get(&task.id()).map(|row| row.answer(InsertOutcome::Replaced));
            // A duplicate that came after the insert waits to be replaced, so the task is sent again.
            let is_kept = |row: &&&InTable| !(row.waits && task.replaces().is_some());
            let duplicate = || {
                let same = by_hash.get(task.uniq_hash()?);
                same.filter(is_kept).map(|row| row.answer(InsertOutcome::Kept))
            };
            *known = known.or_else(own).or_else(replaced).or_else(duplicate);
        }
    }

    /// The answers for all tasks, in order.
    ///
    /// # Errors
    /// A passing [`StoreError`] when some answers are missing; [`StoreError::NotUnique`] when a task with
    /// [`or_error`](fang_core::Unique::or_error) has a duplicate.
    pub fn finish(self) -> Result<Vec<Inserted>, StoreError> {
        let all = self.known.into_iter().collect::<Option<Vec<_>>>().ok_or_else(StoreError::no_answer)?;
        Inserted::check(self.tasks, &all)?;
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::{Mode, Replace, Unique};

    fn task(id: u128, key: Option<&str>) -> NewTask {
        let task = NewTask::new("{}".into(), "common".into(), Mode::Asynk).with_id(Uuid::from_u128(id));
        match key {
            Some(key) => task.unique_by(Unique::key(key)).hashed().unwrap(),
            None => task,
        }
    }

    fn row(id: u128, key: Option<&str>) -> InTable {
        let instant = DbInstant(0);
        let saved = InTable::saved(Uuid::from_u128(id), instant, instant);
        InTable { uniq_hash: task(0, key).uniq_hash().map(str::to_owned), ..saved }
    }

    fn replacing(id: u128, key: &str) -> NewTask {
        task(id, None).unique_by(Unique::key(key).replace(Replace::TIME)).hashed().unwrap()
    }

    fn sent(answers: &mut Answers<'_>) -> Option<Vec<u128>> {
        Some(answers.next_to_send()?.iter().map(|task| task.id().as_u128()).collect())
    }

    #[test]
    fn tasks_without_an_answer_are_sent_ten_times() {
        let tasks = [task(1, None)];
        let mut answers = Answers::new(&tasks);
        assert_eq!(std::iter::from_fn(|| sent(&mut answers)).count(), MAX_INSERT_TRIES);
    }

    #[test]
    fn each_task_is_answered_by_its_own_row_or_by_its_duplicate() {
        let tasks = [task(1, None), task(2, Some("h")), task(3, None)];
        let mut answers = Answers::new(&tasks);
        answers.add(&[row(1, None)], &[row(3, None), row(9, Some("h"))]);
        let told: Vec<_> =
            answers.finish().unwrap().iter().map(|answer| (answer.id.as_u128(), answer.is_new)).collect();
        assert_eq!(told, [(1, true), (9, false), (3, true)]);
    }

    #[test]
    fn a_task_that_replaces_is_sent_again_while_its_duplicate_waits_unreplaced() {
        let tasks = [replacing(1, "h"), replacing(2, "i")];
        let mut answers = Answers::new(&tasks);
        assert_eq!(sent(&mut answers), Some(vec![1, 2]));
        let running = InTable { waits: false, ..row(8, Some("i")) };
        answers.add(&[], &[row(9, Some("h")), running]);
        assert_eq!(sent(&mut answers), Some(vec![1]));
        answers.add(&[row(9, None).for_insert_of(Uuid::from_u128(1))], &[]);
        let told: Vec<_> =
            answers.finish().unwrap().iter().map(|answer| (answer.id.as_u128(), answer.outcome)).collect();
        assert_eq!(told, [(9, InsertOutcome::Replaced), (8, InsertOutcome::Kept)]);
    }

    #[test]
    fn a_task_that_must_not_be_kept_out_is_an_error() {
        let tasks = [task(1, None).unique_by(Unique::key("h").or_error()).hashed().unwrap()];
        let mut answers = Answers::new(&tasks);
        answers.add(&[], &[row(9, Some("h"))]);
        let error = answers.finish().unwrap_err();
        assert!(matches!(error, StoreError::NotUnique { id } if id == Uuid::from_u128(9)), "{error}");
    }

    #[test]
    fn only_a_task_whose_duplicate_ended_meanwhile_is_sent_again() {
        let tasks = [task(1, None), task(2, Some("h"))];
        let mut answers = Answers::new(&tasks);
        assert_eq!(sent(&mut answers), Some(vec![1, 2]));
        answers.add(&[row(1, None)], &[]);
        assert_eq!(sent(&mut answers), Some(vec![2]));
        answers.add(&[row(2, Some("h"))], &[]);
        assert_eq!(sent(&mut answers), None);
        assert_eq!(answers.finish().unwrap().len(), 2);
        assert!(Answers::new(&tasks).finish().is_err());
    }
}
