//! Finish: saves a batch of results.

use crate::database::Database;
use crate::row::get;
use crate::session::Connections;
use crate::settings::Role;
use crate::sql::Statements;
use crate::statement::Statement;
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{Finish, WorkerId, micros};
use uuid::Uuid;

pub(crate) async fn finish<C: Connections>(
    store: &PostgresStore<C>,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let (db, columns) = (&store.db, FinishColumns::new(results));
    let saved = match save(db, worker, &columns).await {
        Ok(saved) => saved,
        Err(error) => {
            let none = columns.without_rows();
            return Err(db.looked_into(Role::Engine, error, none.statement(&db.sql, worker)?).await);
        }
    };
    if results.iter().any(|result| result.verdict.keeps_its_place()) {
        store.notify_each_time(Role::Engine, &Topic::CameBack).await;
    }
    Ok(saved)
}

async fn save<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    columns: &FinishColumns<'_>,
) -> Result<u64, StoreError> {
    let statement = columns.statement(&db.sql, worker)?;
    if columns.all_go() {
        return db.execute(Role::Engine, statement).await;
    }
    let row = db.query_one(Role::Engine, statement).await?;
    Ok(get::<i64>(&row, 0)?.unsigned_abs())
}

/// The parameters of `finish.sql` after the first. The first two of them also serve `finish_remove.sql`.
pub(crate) struct FinishColumns<'a> {
    ids: Vec<Uuid>,
    leases: Vec<i32>,
    codes: Vec<i16>,
    /// The delays before the next run, or how long the row is kept, in microseconds.
    delays: Vec<Option<i64>>,
    errors: Vec<Option<&'a str>>,
    all_go: bool,
}

impl<'a> FinishColumns<'a> {
    /// The columns of a batch.
    pub(crate) fn new(results: &'a [Finish]) -> Self {
        Self {
            ids: results.iter().map(|result| result.id).collect(),
            leases: results.iter().map(|result| result.lease).collect(),
            codes: results.iter().map(|result| result.verdict.code()).collect(),
            delays: results.iter().map(|result| result.verdict.delay().or(result.keep).map(micros)).collect(),
            errors: results.iter().map(|result| result.verdict.error()).collect(),
            all_go: results.iter().all(|result| result.verdict.code() == 0),
        }
    }

    /// The columns of the same statement without any row.
    fn without_rows(&self) -> Self {
        Self { all_go: self.all_go, ..Self::new(&[]) }
    }

    /// Whether all rows are removed, so that `finish_remove.sql` suffices.
    pub(crate) fn all_go(&self) -> bool {
        self.all_go
    }

    /// The statement that saves the batch: the cheap `finish_remove.sql` if all rows are removed; else `finish.sql`,
    /// which saves results of all kinds at once, so that a batch is never saved by half.
    pub(crate) fn statement<'s>(
        &self,
        sql: &'s Statements,
        worker: WorkerId,
    ) -> Result<Statement<'s>, StoreError> {
        let Self { ids, leases, codes, delays, errors, all_go } = self;
        match all_go {
            true => Statement::count(&sql.finish_remove, &[&worker.0, ids, leases]),
            false => Statement::rows(&sql.finish, &[&worker.0, ids, leases, codes, delays, errors]),
        }
    }
}
