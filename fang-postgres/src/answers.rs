//! Batches as parameters of statements: one array for each column.

use fang_core::new_task::{Due, NewRow, NewTask};
use fang_core::notify::{Notice, Notices, Topic};
use fang_core::options::Options;
use fang_core::store::{DbInstant, InsertOutcome, Inserted, MAX_INSERT_TRIES, ScanRange, micros};
use fang_core::{Replace, StoreError};
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;
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
    /// The instants, which take precedence over the delays.
    pub instants: Vec<Option<DbInstant>>,
    /// The options of single tasks, as JSON.
    pub options: Vec<Option<String>>,
    /// How long after they are due they may begin, in microseconds.
    pub expires: Vec<Option<i64>>,
}

impl<'a> InsertColumns<'a> {
    /// The columns of a batch.
    pub fn new(tasks: &'a [NewTask]) -> Self {
        let due = |row: &NewRow<'_>| match row.due {
            Due::After(delay) => (micros(delay), None),
            Due::At(at) => (0, Some(at.into())),
        };
        let rows: Vec<NewRow<'a>> = tasks.iter().map(NewTask::row).collect();
        let (delays, instants) = rows.iter().map(due).unzip();
        Self {
            ids: rows.iter().map(|row| row.id).collect(),
            metadata: rows.iter().map(|row| row.metadata).collect(),
            task_types: rows.iter().map(|row| row.task_type).collect(),
            modes: rows.iter().map(|row| row.mode as i16).collect(),
            priorities: rows.iter().map(|row| row.priority as i16).collect(),
            hashes: tasks.iter().map(NewTask::uniq_hash).collect(),
            delays,
            instants,
            options: rows.iter().map(options).collect(),
            expires: rows.iter().map(|row| row.expires.map(micros)).collect(),
        }
    }

    /// The unique hashes of the tasks that have one: the last parameters of `duplicates.sql` and of
    /// `insert_unique.sql`.
    pub fn unique_hashes(&self) -> Vec<&'a str> {
        self.hashes.iter().flatten().copied().collect()
    }
}

/// The options of one task, as JSON.
pub fn options(row: &NewRow<'_>) -> Option<String> {
    let (tags, headers) = (row.tags.to_vec(), row.headers.clone());
    let mut options = Options { max_retries: row.max_retries, tags, headers, keep_micros: None };
    options.set_keep(row.keep);
    options.to_json()
}

/// The parameters of `insert_unique.sql` that follow those of `insert.sql`.
#[derive(Debug)]
pub struct UniqueColumns {
    /// The periods, in microseconds.
    pub periods: Vec<Option<i64>>,
    /// Codes that tell which columns are replaced; 0 for none.
    pub replaces: Vec<i16>,
}

impl UniqueColumns {
    /// The columns of a batch, or `None` if `insert.sql` can take all of its tasks.
    pub fn new(tasks: &[NewTask]) -> Option<Self> {
        if !tasks.iter().any(|task| task.period().is_some() || task.replaces().is_some()) {
            return None;
        }
        Some(Self {
            periods: tasks.iter().map(|task| task.period().map(micros)).collect(),
            replaces: tasks.iter().map(|task| task.replaces().map_or(0, Replace::code)).collect(),
        })
    }
}

/// The notices for the tasks of a batch that are due when they are inserted.
pub fn due_now(tasks: &[NewTask]) -> Notices<'_> {
    let is_now = |task: &&NewTask| matches!(task.row().due, Due::After(delay) if delay.is_zero());
    notices(tasks.iter().filter(is_now).map(|task| (task, Duration::ZERO)))
}

/// The notices for the other tasks of a batch, given the answers to the insert. Only the clock of the server tells how
/// far away an instant is. Where the answer does not say it, because the task replaced an earlier one, pools look at
/// once.
pub fn due_later<'a>(tasks: &'a [NewTask], answers: &[Inserted]) -> Notices<'a> {
    let delay = |(task, answer): (&'a NewTask, &Inserted)| match task.row().due {
        Due::After(delay) => (!delay.is_zero()).then_some((task, delay)),
        Due::At(_) if answer.outcome == InsertOutcome::Replaced => Some((task, Duration::ZERO)),
        Due::At(_) => Some((task, (answer.scheduled_at - answer.created_at).to_std().unwrap_or_default())),
    };
    let is_saved = |(_, answer): &(&NewTask, &Inserted)| answer.outcome != InsertOutcome::Kept;
    notices(tasks.iter().zip(answers).filter(is_saved).filter_map(delay))
}

/// The notices for tasks that become due after these delays.
fn notices<'a>(delayed: impl Iterator<Item = (&'a NewTask, Duration)>) -> Notices<'a> {
    let mut notices = Notices::new();
    for (task, delay) in delayed {
        let (topic, notice) = (Topic::task_type(task.row().task_type), Notice::due_in(delay));
        notices.entry(topic).and_modify(|known| *known = notice.and(*known)).or_insert(notice);
    }
    notices
}

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

/// The parameters of `list_locked.sql` that say how far the lock-claim has come.
#[derive(Clone, Copy, Debug)]
pub struct ReachedColumns {
    /// The mode of the last range.
    pub mode: Option<i16>,
    /// Its priority.
    pub priority: Option<i16>,
    /// The instant before which no unlocked task is left.
    pub floor: Option<DbInstant>,
}

impl ReachedColumns {
    /// The columns of the last range; nulls if no task was found.
    pub fn new(range: Option<ScanRange>) -> Self {
        Self {
            mode: range.map(|range| range.mode as i16),
            priority: range.map(|range| range.priority as i16),
            floor: range.map(|range| range.floor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::{Mode, Unique};

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
