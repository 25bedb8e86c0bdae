//! Tasks on their way into the table.

use super::convert::{Instant, Secret, answered, inserted};
use super::run::Param;
use fang_core::sql::Statements;
use fang_core::sql::columns::{InTable, InsertColumns, UniqueColumns};
use fang_core::{NewTask, StoreError};
use tokio_postgres::Row;

/// Tasks as the driver sends them.
pub(crate) struct Batch<'a> {
    pub(super) columns: InsertColumns<'a>,
    /// Only when a task in it needs the statement that takes them.
    pub(super) unique: Option<UniqueColumns>,
    pub(super) metadata: Secret<Vec<&'a str>>,
    pub(super) instants: Vec<Option<Instant>>,
    pub(super) held: Vec<&'a str>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(tasks: &'a [NewTask]) -> Self {
        let mut columns = InsertColumns::new(tasks);
        Self {
            metadata: Secret(std::mem::take(&mut columns.metadata)),
            instants: columns.instants.iter().map(|at| at.map(Instant)).collect(),
            held: columns.held(),
            unique: UniqueColumns::new(tasks),
            columns,
        }
    }

    pub(super) fn statement<'s>(&self, sql: &'s Statements) -> &'s str {
        if self.unique.is_some() { &sql.insert_unique } else { &sql.insert }
    }

    pub(super) fn params(&self) -> Vec<Param<'_>> {
        let columns = &self.columns;
        let mut params: Vec<Param<'_>> = vec![
            &columns.ids,
            &self.metadata,
            &columns.task_types,
            &columns.modes,
            &columns.priorities,
            &columns.hashes,
            &columns.delays,
            &self.instants,
            &columns.options,
        ];
        if let Some(unique) = &self.unique {
            let more: [Param<'_>; 4] = [&unique.periods, &unique.replaces, &self.held, &self.held];
            params.extend(more);
        }
        params
    }

    pub(super) fn holders_params(&self) -> [Param<'_>; 3] {
        [&self.columns.ids, &self.held, &self.held]
    }

    pub(super) fn saved(&self, rows: &[Row]) -> Result<Vec<InTable>, StoreError> {
        rows.iter().map(if self.unique.is_some() { answered } else { inserted }).collect()
    }
}
