//! Batches of tasks on their way into the table.

use crate::columns::{InTable, InsertColumns, UniqueColumns};
use crate::row::{Row, answered, inserted};
use crate::sql::Statements;
use crate::statement::Statement;
use crate::value::{Instant, Value};
use fang_core::{NewTask, StoreError};

/// A batch of tasks as columns.
pub(crate) struct Batch<'a> {
    columns: InsertColumns<'a>,
    /// Columns of `insert_unique.sql`, if a task in the batch needs that statement.
    unique: Option<UniqueColumns>,
    instants: Vec<Option<Instant>>,
    hashes: Vec<&'a str>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(tasks: &'a [NewTask]) -> Self {
        let columns = InsertColumns::new(tasks);
        Self {
            instants: columns.instants.iter().map(|at| at.map(Instant)).collect(),
            hashes: columns.unique_hashes(),
            unique: UniqueColumns::new(tasks),
            columns,
        }
    }

    /// The insert by `insert.sql`, or by `insert_unique.sql` if a task needs that.
    pub(crate) fn insert<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        self.insert_by(if self.unique.is_some() { &sql.insert_unique } else { &sql.insert })
    }

    /// The insert by another statement with the same parameters.
    pub(crate) fn insert_by<'s>(&self, sql: &'s str) -> Result<Statement<'s>, StoreError> {
        let columns = &self.columns;
        let mut params: Vec<&dyn Value> = vec![
            &columns.ids,
            &columns.metadata,
            &columns.task_types,
            &columns.modes,
            &columns.priorities,
            &columns.hashes,
            &columns.delays,
            &self.instants,
            &columns.options,
            &columns.expires,
        ];
        if let Some(unique) = &self.unique {
            let more: [&dyn Value; 4] = [&unique.periods, &unique.replaces, &self.hashes, &self.hashes];
            params.extend(more);
        }
        Statement::rows(sql, &params)
    }

    pub(crate) fn duplicates<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        Statement::rows(&sql.duplicates, &[&self.columns.ids, &self.hashes, &self.hashes])
    }

    /// The rows that an insert returned.
    pub(crate) fn saved(&self, rows: &[impl Row]) -> Result<Vec<InTable>, StoreError> {
        rows.iter().map(|row| if self.unique.is_some() { answered(row) } else { inserted(row) }).collect()
    }
}
