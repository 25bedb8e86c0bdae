//! Claim and finish.

use crate::claim_params::ClaimParams;
use crate::database::{Database, RowOf};
use crate::finish_columns::FinishColumns;
use crate::row::{Row, claimed, get};
use crate::session::Connections;
use crate::settings::Role;
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{Claim, Claimed, Finish, WorkerId};

pub(crate) async fn claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Claimed>, StoreError> {
    db.look_at_lists().await;
    let outcome = send_claim(db, claim).await;
    db.first.learn(&outcome);
    outcome?.iter().filter_map(|row| claimed_for_itself(row).transpose()).collect()
}

/// A crowded claim first takes an advisory lock, in a transaction whose next statement sees all claims made
/// meanwhile.
async fn send_claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<RowOf<C>>, StoreError> {
    let params = ClaimParams::new(claim, db.first.transaction());
    let statement = params.claim(&db.sql)?;
    match claim.crowded {
        false => db.query(Role::Engine, statement).await,
        true => Ok(db.together(Role::Engine, [params.crowd(&db.sql.crowd_lock)?, statement]).await?.rows),
    }
}

/// A row of `claim.sql`, unless it was claimed for another worker.
fn claimed_for_itself(row: &impl Row) -> Result<Option<Claimed>, StoreError> {
    if get(row, 11)? { claimed(row).map(Some) } else { Ok(None) }
}

pub(crate) async fn finish<C: Connections>(
    store: &PostgresStore<C>,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let (db, columns) = (&store.db, FinishColumns::new(results));
    let statement = columns.statement(&db.sql, worker)?;
    if columns.all_go() {
        return db.execute(Role::Engine, statement).await;
    }
    let row = db.query_one(Role::Engine, statement).await?;
    if results.iter().any(|result| result.verdict.keeps_its_place()) {
        store.notify_each_time(Role::Engine, &Topic::CameBack).await;
    }
    Ok(get::<i64>(&row, 0)?.unsigned_abs())
}
