//! Looks for task types with tasks, claim and finish.

use crate::claim_params::ClaimParams;
use crate::database::{Database, RowOf};
use crate::finish_columns::FinishColumns;
use crate::refused::{AT_MOST, ManyRows};
use crate::row::{claimed, get, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::{Answer, Statement, Wanted};
use crate::store::PostgresStore;
use crate::value::Value;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{Claim, ClaimedTasks, Finish, ReadyLook, ReadyTypes, WorkerId, micros};
use std::time::Instant;

/// If the server refuses to change all rows that it finds, it goes on with those behind them.
pub(crate) async fn claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<ClaimedTasks, StoreError> {
    let began = Instant::now();
    loop {
        let left_out = db.refused.left_out(began).len();
        let claimed = claim_once(db, claim).await?;
        let has_more = claimed.tasks.is_empty() && db.refused.left_out(began).len() > left_out;
        if !has_more || began.elapsed() > AT_MOST {
            return Ok(claimed);
        }
    }
}

async fn claim_once<C: Connections>(db: &Database<C>, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError> {
    db.look_at_lists().await;
    let answers = send_claim(db, claim).await;
    let rows = answers.map(|answers| answers.into_iter().flat_map(|answer| answer.rows).collect::<Vec<_>>());
    db.first.learn(&rows);
    let mut told = ClaimedTasks::default();
    for row in &rows? {
        if get(row, 11)? {
            told.tasks.push(claimed(row)?);
        } else if !claim.within.is_zero() {
            // A task that was claimed for another worker has no time.
            told.next_in = get::<Option<f64>>(row, 12)?.map(span).or(told.next_in);
        }
    }
    Ok(told)
}

/// A crowded claim first takes an advisory lock, in a transaction whose next statement sees all claims made
/// meanwhile. A lock-claim finds the same rows, but changes none.
async fn send_claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
    let params = ClaimParams::new(claim, db.first.transaction()).not_shared();
    let (all, with_next) = (params.all(), params.with_next());
    let (sql, own): (_, &[&dyn Value]) = match claim.within.is_zero() {
        true => (&db.sql.claim, &all[..7]),
        false => (&db.sql.claim_with_next, &with_next),
    };
    let many = ManyRows {
        role: Role::Engine,
        sql,
        params: own,
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

pub(crate) async fn ready_types<C: Connections>(
    db: &Database<C>,
    look: &ReadyLook,
) -> Result<ReadyTypes, StoreError> {
    let limit = i32::try_from(look.limit).unwrap_or(i32::MAX);
    let params: [&dyn Value; 4] = [&look.from.as_str(), &(look.mode as i16), &micros(look.within), &limit];
    let mut ready = ReadyTypes::default();
    for row in &db.query(Role::Engine, Statement::rows(&db.sql.ready_types, &params)?).await? {
        let task_type: String = get(row, 0)?;
        match get::<Option<f64>>(row, 1)? {
            None => ready.next = Some(task_type),
            Some(due_in) if due_in > 0.0 => ready.later.push((task_type, span(due_in))),
            Some(_) => ready.due.push(task_type),
        }
    }
    Ok(ready)
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
