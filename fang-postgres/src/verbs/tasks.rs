//! Claim and finish.

use crate::claim_params::ClaimParams;
use crate::database::{Database, RowOf};
use crate::finish_columns::FinishColumns;
use crate::refused::{AT_MOST, ManyRows};
use crate::row::{Row, claimed, get};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::{Answer, Wanted};
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{Claim, Claimed, Finish, WorkerId};
use std::time::Instant;

/// If the server refuses to change all rows that it finds, it goes on with those behind them.
pub(crate) async fn claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Claimed>, StoreError> {
    let began = Instant::now();
    loop {
        let left_out = db.refused.left_out(began).len();
        let tasks = claim_once(db, claim).await?;
        let has_more = tasks.is_empty() && db.refused.left_out(began).len() > left_out;
        if !has_more || began.elapsed() > AT_MOST {
            return Ok(tasks);
        }
    }
}

async fn claim_once<C: Connections>(db: &Database<C>, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    db.look_at_lists().await;
    let answers = send_claim(db, claim).await;
    let rows = answers.map(|answers| answers.into_iter().flat_map(|answer| answer.rows).collect::<Vec<_>>());
    db.first.learn(&rows);
    rows?.iter().filter_map(|row| claimed_for_itself(row).transpose()).collect()
}

/// A crowded claim first takes an advisory lock, in a transaction whose next statement sees all claims made
/// meanwhile. A lock-claim finds the same rows, but changes none.
async fn send_claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
    let params = ClaimParams::new(claim, db.first.transaction()).not_shared();
    let all = params.all();
    let many = ManyRows {
        role: Role::Engine,
        sql: &db.sql.claim,
        params: &all[..7],
        wanted: Wanted::Rows,
        ids: (&db.sql.lock_claim, &all),
        began: Instant::now(),
    };
    if !claim.crowded {
        return db.run_many(&many).await;
    }
    let statement = many.all_but(&db.refused.left_out(many.began))?;
    let outcome = db.together(many.role, [params.crowd(&db.sql.crowd_lock)?, statement]).await;
    db.or_in_pieces(&many, outcome).await
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
