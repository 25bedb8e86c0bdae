//! Insert, claim, finish.

use super::PostgresStore;
use super::batch::Batch;
use super::convert::{Instant, Secret, claimed, holder};
use super::run::{self, Param};
use super::{copy, store_error, within};
use fang_core::error::Nature;
use fang_engine::state::OwnResult;

use fang_core::sql::Statements;
use fang_core::sql::columns::{Answers, FinishColumns, InTable, LaneColumns, due_now};
use fang_core::sql::copy::MIN_COPY;
use fang_core::store::{CAME_BACK, Claim, Claimed, Finish, Inserted, WorkerId, are_new, is_all_or_none};
use fang_core::{NewTask, StoreError};
use tokio_postgres::{Row, Transaction};

pub(super) async fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    if is_all_or_none(tasks) {
        return insert_all_or_none(store, tasks).await;
    }
    if are_new(tasks) {
        match insert_new(store, tasks).await {
            // Some were saved by an earlier try, or their data is refused: the statement below tells which.
            Err(error) if error.nature() == Nature::Data => {}
            outcome => return outcome,
        }
    }
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.to_send() {
        try_insert(store, &part, &mut answers).await?;
    }
    answers.finish()
}

async fn insert_new(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    if tasks.len() >= MIN_COPY {
        return copy::insert(store, tasks).await;
    }
    let mut answers = Answers::new(tasks);
    answers.add(&send(store, tasks, &Batch::new(tasks), &store.statements.insert_new).await?, &[]);
    answers.finish()
}

/// Sends an insert, and tells those who wait for such tasks.
async fn send(
    store: &PostgresStore,
    tasks: &[NewTask],
    batch: &Batch<'_>,
    insert: &str,
) -> Result<Vec<InTable>, StoreError> {
    let due = due_now(tasks);
    let payloads = store.worth_announcing(&due);
    let saved =
        run::query_then(&store.calls, (insert, &batch.params()), (&store.statements.notify, &payloads))
            .await?;
    let saved = batch.saved(&saved)?;
    store.wake(&due);
    Ok(saved)
}

async fn try_insert(
    store: &PostgresStore,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let sql = &store.statements;
    let batch = Batch::new(tasks);
    let saved = send(store, tasks, &batch, batch.statement(sql)).await?;
    let holders = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => run::query(&store.calls, &sql.holders, &batch.holders_params()).await?,
    };
    answers.add(&saved, &holders.iter().map(holder).collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

/// Inserts in a transaction of its own, which is rolled back when a task is kept out that must not be.
async fn insert_all_or_none(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let inserted = run::again_if(StoreError::lost_a_race, || insert_in_one_of_ours(store, tasks)).await?;
    store.wake(&due_now(tasks));
    Ok(inserted)
}

async fn insert_in_one_of_ours(
    store: &PostgresStore,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut client = run::get(&store.calls).await?;
    let work = async {
        let transaction = run::begin(&store.calls, &mut client).await?;
        let inserted = within::insert_batch(&mut &*transaction, store, tasks).await?;
        run::commit(transaction).await?;
        Ok(inserted)
    };
    let outcome = run::all_in_time(work).await;
    run::settle(client, outcome)
}

/// The parameters of `claim.sql`, and of `hold.sql`.
pub(super) struct ClaimParams<'a> {
    claim: &'a Claim<'a>,
    lanes: LaneColumns,
    floors: Vec<Instant>,
    limit: i64,
    first_listed: i64,
}

impl<'a> ClaimParams<'a> {
    pub(super) fn new(claim: &'a Claim<'a>, first_listed: i64) -> Self {
        let lanes = LaneColumns::new(claim.lanes);
        let floors = lanes.floors.iter().copied().map(Instant).collect();
        let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
        Self { claim, lanes, floors, limit, first_listed }
    }

    pub(super) fn all(&self) -> [Param<'_>; 7] {
        let Self { claim, lanes, floors, limit, first_listed } = self;
        [&claim.worker.0, &claim.task_type, &lanes.modes, &lanes.priorities, floors, limit, first_listed]
    }

    /// Those of `hold.sql`.
    pub(super) fn hold(&self) -> [Param<'_>; 8] {
        let [worker, task_type, modes, priorities, floors, limit, first_listed] = self.all();
        [worker, task_type, modes, priorities, floors, limit, first_listed, &self.lanes.shared]
    }

    /// Those of `turn.sql`, `hold_turn.sql` and `leave_turn.sql`.
    pub(super) fn turn(&self) -> [Param<'_>; 2] {
        [&self.claim.task_type, &self.claim.worker.0]
    }
}

pub(super) async fn claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    store.lists.look().await;
    let outcome = send_claim(store, claim).await;
    store.lists.first.learn(&outcome);
    outcome?.iter().filter_map(|row| claimed_for_itself(row).transpose()).collect()
}

async fn send_claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<Row>, StoreError> {
    let params = ClaimParams::new(claim, store.lists.first.holder());
    let sql = &store.statements;
    match claim.crowded {
        false => run::query(&store.engine, &sql.claim, &params.all()).await,
        true => {
            let turn = (sql.turn.as_str(), &params.turn()[..]);
            run::query_behind(&store.engine, turn, (&sql.claim, &params.all())).await
        }
    }
}

/// A row of `claim.sql`, unless it was claimed in the name of another worker.
fn claimed_for_itself(row: &Row) -> Result<Option<Claimed>, StoreError> {
    let is_own: bool = row.try_get(10).map_err(|error| store_error(&error))?;
    if is_own { claimed(row).map(Some) } else { Ok(None) }
}

/// Usually all rows go, and the shortest statement serves; else one statement does it all, so that a
/// batch is never saved by half.
pub(super) async fn finish(
    store: &PostgresStore,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let columns = FinishColumns::new(results);
    if columns.all_go() {
        let params: [Param<'_>; 3] = [&worker.0, &columns.ids, &columns.leases];
        return run::execute(&store.engine, &store.statements.finish_remove, &params).await;
    }
    let errors = Secret(&columns.errors);
    let params: [Param<'_>; 6] =
        [&worker.0, &columns.ids, &columns.leases, &columns.codes, &columns.delays, &errors];
    let row = run::query_one(&store.engine, &store.statements.finish, &params).await?;
    if results.iter().any(|result| result.verdict.keeps_its_place()) {
        store.call_over(&store.engine, CAME_BACK).await;
    }
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

/// Saves the success of a run within the application's own transaction; whether its claim still stood.
pub(crate) async fn finish_in(
    own: &OwnResult<Statements>,
    transaction: &Transaction<'_>,
) -> Result<bool, StoreError> {
    let columns = FinishColumns::new(std::slice::from_ref(&own.result));
    if columns.all_go() {
        let params: [Param<'_>; 3] = [&own.worker.0, &columns.ids, &columns.leases];
        let removed = transaction.execute_typed(&own.extras.finish_remove, &run::typed(&params)).await;
        return removed.map(|rows| rows > 0).map_err(|error| store_error(&error));
    }
    let params: [Param<'_>; 6] =
        [&own.worker.0, &columns.ids, &columns.leases, &columns.codes, &columns.delays, &columns.errors];
    let rows = run::query_in(transaction, &own.extras.finish, &params).await?;
    Ok(rows.first().is_some_and(|row| row.get::<_, i64>(0) > 0))
}
