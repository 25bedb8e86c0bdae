//! A batch of results as parameters: one array for each column.

use crate::sql::Statements;
use crate::statement::Statement;
use fang_core::StoreError;
use fang_core::store::{Finish, WorkerId, micros};
use uuid::Uuid;

/// The parameters of `finish.sql` after the first. The first two of them also serve `finish_remove.sql`.
#[derive(Debug)]
pub struct FinishColumns<'a> {
    /// The ids.
    pub ids: Vec<Uuid>,
    /// The leases.
    pub leases: Vec<i32>,
    /// The codes of the verdicts.
    pub codes: Vec<i16>,
    /// The delays before the next run, or how long the row is kept, in microseconds.
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
            delays: results.iter().map(|result| result.verdict.delay().or(result.keep).map(micros)).collect(),
            errors: results.iter().map(|result| result.verdict.error()).collect(),
        }
    }

    /// Whether all rows are removed, so that `finish_remove.sql` suffices.
    pub fn all_go(&self) -> bool {
        self.codes.iter().all(|code| *code == 0)
    }

    /// The statement that saves the batch: the cheap `finish_remove.sql` if all rows are removed; else `finish.sql`,
    /// which saves results of all kinds at once, so that a batch is never saved by half.
    pub fn statement<'s>(&self, sql: &'s Statements, worker: WorkerId) -> Result<Statement<'s>, StoreError> {
        let Self { ids, leases, codes, delays, errors } = self;
        match self.all_go() {
            true => Statement::count(&sql.finish_remove, &[&worker.0, ids, leases]),
            false => Statement::rows(&sql.finish, &[&worker.0, ids, leases, codes, delays, errors]),
        }
    }
}
