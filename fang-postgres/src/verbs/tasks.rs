//! Claim and finish.

use crate::columns::{FinishColumns, RangeColumns};
use crate::database::{Database, RowOf};
use crate::row::{Row, claimed, get};
use crate::session::Connections;
use crate::settings::Role;
use crate::sql::Statements;
use crate::statement::Statement;
use crate::store::PostgresStore;
use crate::value::{Instant, Value};
use fang_core::StoreError;
use fang_core::store::{CAME_BACK, Claim, Claimed, Finish, WorkerId};

/// The parameters of `claim.sql`, and of `hold.sql`.
pub(crate) struct ClaimParams<'a> {
    claim: &'a Claim<'a>,
    ranges: RangeColumns,
    floors: Vec<Instant>,
    limit: i64,
    first_listed: i64,
}

impl<'a> ClaimParams<'a> {
    pub(crate) fn new(claim: &'a Claim<'a>, first_listed: i64) -> Self {
        let ranges = RangeColumns::new(claim.ranges);
        let floors = ranges.floors.iter().copied().map(Instant).collect();
        let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
        Self { claim, ranges, floors, limit, first_listed }
    }

    fn claim<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        Statement::rows(&sql.claim, &self.all()[..7])
    }

    pub(crate) fn hold<'s>(&self, sql: &'s Statements) -> Result<Statement<'s>, StoreError> {
        Statement::rows(&sql.hold, &self.all())
    }

    /// One of `turn.sql`, `hold_turn.sql` and `leave_turn.sql`.
    pub(crate) fn turn<'s>(&self, sql: &'s str) -> Result<Statement<'s>, StoreError> {
        Statement::count(sql, &[&self.claim.task_type, &self.claim.worker.0])
    }

    /// Those of `hold.sql`; all but the last are those of `claim.sql`.
    fn all(&self) -> [&dyn Value; 8] {
        let Self { claim, ranges, floors, limit, first_listed } = self;
        let RangeColumns { modes, priorities, shared, .. } = ranges;
        [&claim.worker.0, &claim.task_type, modes, priorities, floors, limit, first_listed, shared]
    }
}

pub(crate) async fn claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Claimed>, StoreError> {
    db.look_at_lists().await;
    let outcome = send_claim(db, claim).await;
    db.first.learn(&outcome);
    outcome?.iter().filter_map(|row| claimed_for_itself(row).transpose()).collect()
}

/// In a crowd it waits for its turn, in a transaction that then sees what was claimed meanwhile.
async fn send_claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<RowOf<C>>, StoreError> {
    let params = ClaimParams::new(claim, db.first.holder());
    let statement = params.claim(&db.sql)?;
    match claim.crowded {
        false => db.query(Role::Engine, statement).await,
        true => Ok(db.together(Role::Engine, [params.turn(&db.sql.turn)?, statement]).await?.rows),
    }
}

/// A row of `claim.sql`, unless it was claimed in the name of another worker.
fn claimed_for_itself(row: &impl Row) -> Result<Option<Claimed>, StoreError> {
    if get(row, 10)? { claimed(row).map(Some) } else { Ok(None) }
}

pub(crate) async fn finish<C: Connections>(
    store: &PostgresStore<C>,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let (db, columns) = (&store.db, FinishColumns::new(results));
    let statement = finish_statement(&db.sql, worker, &columns)?;
    if columns.all_go() {
        return db.execute(Role::Engine, statement).await;
    }
    let row = db.query_one(Role::Engine, statement).await?;
    if results.iter().any(|result| result.verdict.keeps_its_place()) {
        store.call(Role::Engine, CAME_BACK).await;
    }
    Ok(get::<i64>(&row, 0)?.unsigned_abs())
}

/// Usually all rows go, and the shortest statement serves; else one statement does it all, so that a
/// batch is never saved by half.
pub(crate) fn finish_statement<'s>(
    sql: &'s Statements,
    worker: WorkerId,
    columns: &FinishColumns<'_>,
) -> Result<Statement<'s>, StoreError> {
    let FinishColumns { ids, leases, codes, delays, errors } = columns;
    match columns.all_go() {
        true => Statement::count(&sql.finish_remove, &[&worker.0, ids, leases]),
        false => Statement::rows(&sql.finish, &[&worker.0, ids, leases, codes, delays, errors]),
    }
}
