//! Batches of tasks on their way into the table.

use crate::answers::InTable;
use crate::row::{Row, answered, inserted};
use crate::sql::Statements;
use crate::statement::Statement;
use crate::value::{Instant, Value};
use fang_core::new_task::{Due, NewRow};
use fang_core::options::Options;
use fang_core::store::micros;
use fang_core::{NewTask, Replace, StoreError};
use uuid::Uuid;

/// A batch of tasks as the parameters of `insert.sql`, in order: one array for each column.
pub(crate) struct Batch<'a> {
    ids: Vec<Uuid>,
    metadata: Vec<&'a str>,
    task_types: Vec<&'a str>,
    modes: Vec<i16>,
    priorities: Vec<i16>,
    hashes: Vec<Option<&'a str>>,
    /// In microseconds.
    delays: Vec<i64>,
    /// They take precedence over the delays.
    instants: Vec<Option<Instant>>,
    /// The options of single tasks, as JSON.
    options: Vec<Option<String>>,
    /// How long after they are due they may begin, in microseconds.
    expires: Vec<Option<i64>>,
    /// The unique hashes of the tasks that have one: the last parameters of `duplicates.sql` and of `insert_unique.sql`.
    unique_hashes: Vec<&'a str>,
    /// The others of `insert_unique.sql`, if a task in the batch needs that statement.
    unique: Option<UniqueColumns>,
}

/// The parameters of `insert_unique.sql` that follow those of `insert.sql`.
struct UniqueColumns {
    /// In microseconds.
    periods: Vec<Option<i64>>,
    /// Codes that tell which columns are replaced; 0 for none.
    replaces: Vec<i16>,
}

impl UniqueColumns {
    /// `None` if `insert.sql` can take all of these tasks.
    fn new(tasks: &[NewTask]) -> Option<Self> {
        if !tasks.iter().any(|task| task.period().is_some() || task.replaces().is_some()) {
            return None;
        }
        Some(Self {
            periods: tasks.iter().map(|task| task.period().map(micros)).collect(),
            replaces: tasks.iter().map(|task| task.replaces().map_or(0, Replace::code)).collect(),
        })
    }
}

impl<'a> Batch<'a> {
    pub(crate) fn new(tasks: &'a [NewTask]) -> Self {
        let rows: Vec<NewRow<'a>> = tasks.iter().map(NewTask::row).collect();
        let due = |row: &NewRow<'_>| match row.due {
            Due::After(delay) => (micros(delay), None),
            Due::At(at) => (0, Some(Instant(at.into()))),
        };
        let (delays, instants) = rows.iter().map(due).unzip();
        let hashes: Vec<_> = tasks.iter().map(NewTask::uniq_hash).collect();
        Self {
            ids: rows.iter().map(|row| row.id).collect(),
            metadata: rows.iter().map(|row| row.metadata).collect(),
            task_types: rows.iter().map(|row| row.task_type).collect(),
            modes: rows.iter().map(|row| row.mode as i16).collect(),
            priorities: rows.iter().map(|row| row.priority as i16).collect(),
            unique_hashes: hashes.iter().flatten().copied().collect(),
            hashes,
            delays,
            instants,
            options: rows.iter().map(options).collect(),
            expires: rows.iter().map(|row| row.expires.map(micros)).collect(),
            unique: UniqueColumns::new(tasks),
        }
    }

    /// The insert by `insert.sql`, or by `insert_unique.sql` if a task needs that.
    pub(crate) fn insert<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        self.insert_by(if self.unique.is_some() { &sql.insert_unique } else { &sql.insert })
    }

    /// The insert by another statement with the same parameters.
    pub(crate) fn insert_by<'s>(&self, sql: &'s str) -> Result<Statement<'s>, StoreError> {
        let mut params: Vec<&dyn Value> = vec![
            &self.ids,
            &self.metadata,
            &self.task_types,
            &self.modes,
            &self.priorities,
            &self.hashes,
            &self.delays,
            &self.instants,
            &self.options,
            &self.expires,
        ];
        if let Some(unique) = &self.unique {
            let hashes = &self.unique_hashes;
            let more: [&dyn Value; 4] = [&unique.periods, &unique.replaces, hashes, hashes];
            params.extend(more);
        }
        Statement::rows(sql, &params)
    }

    pub(crate) fn duplicates<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        Statement::rows(&sql.duplicates, &[&self.ids, &self.unique_hashes, &self.unique_hashes])
    }

    /// The rows that an insert returned.
    pub(crate) fn saved(&self, rows: &[impl Row]) -> Result<Vec<InTable>, StoreError> {
        rows.iter().map(|row| if self.unique.is_some() { answered(row) } else { inserted(row) }).collect()
    }
}

/// The options of one task, as JSON.
pub(crate) fn options(row: &NewRow<'_>) -> Option<String> {
    let (tags, headers) = (row.tags.to_vec(), row.headers.clone());
    let mut options = Options { max_retries: row.max_retries, tags, headers, keep_micros: None };
    options.set_keep(row.keep);
    options.to_json()
}
