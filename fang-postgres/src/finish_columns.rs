//! A batch of results as its statement takes it: one array a column.

use crate::sql::Statements;
use crate::statement::Statement;
use fang_core::StoreError;
use fang_core::store::{Finish, WorkerId, micros};
use uuid::Uuid;

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

    /// Usually all rows go, and the shortest statement serves; else one statement does it all, so that a batch is never
    /// saved by half.
    pub fn statement<'s>(&self, sql: &'s Statements, worker: WorkerId) -> Result<Statement<'s>, StoreError> {
        let Self { ids, leases, codes, delays, errors } = self;
        match self.all_go() {
            true => Statement::count(&sql.finish_remove, &[&worker.0, ids, leases]),
            false => Statement::rows(&sql.finish, &[&worker.0, ids, leases, codes, delays, errors]),
        }
    }
}
