//! Insert, claim, finish.

use super::PostgresStore;
use super::convert::{
    AnsweredSql, ClaimedRow, ClaimedSql, HolderSql, InsertedSql, answered, claimed, holder, inserted,
    timestamp,
};
use super::copy;
use super::error::InTransaction;
use super::run::{self, As, Bind, Keep, bind};
use diesel::data_types::PgTimestamp;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{Connection, PgConnection};
use fang_core::error::Nature;
use fang_core::sql::Statements;
use fang_core::sql::columns::{
    Answers, FinishColumns, InTable, InsertColumns, LaneColumns, UniqueColumns, due_now,
};
use fang_core::sql::copy::MIN_COPY;
use fang_core::store::{CAME_BACK, Claim, Claimed, Finish, Inserted, WorkerId, are_new, is_all_or_none};
use fang_core::{NewTask, StoreError};
use fang_engine::state::OwnResult;

pub(super) fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    if is_all_or_none(tasks) {
        return insert_all_or_none(store, tasks);
    }
    if are_new(tasks) {
        match insert_new(store, tasks) {
            // Some were saved by an earlier try, or their data is refused: the statement below tells which.
            Err(error) if error.nature() == Nature::Data => {}
            outcome => return outcome,
        }
    }
    let mut answers = Answers::new(tasks);
    let keep = store.calls.keep();
    while let Some(part) = answers.to_send() {
        store.calls.with(|connection| try_insert(store, connection, keep, &part, &mut answers))?;
        store.announce(&due_now(&part));
    }
    answers.finish()
}

fn insert_new(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    if tasks.len() >= MIN_COPY {
        return copy::insert(store, tasks);
    }
    let (columns, sql) = (InsertColumns::new(tasks), &store.statements.insert_new);
    let saved = store
        .calls
        .with(|connection| insert_once(store, connection, store.calls.keep(), &columns, sql, None))?;
    store.announce(&due_now(tasks));
    let mut answers = Answers::new(tasks);
    answers.add(&saved, &[]);
    answers.finish()
}

/// Inserts in a transaction of its own, which is rolled back when a task is kept out that must not be.
fn insert_all_or_none(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let keep = store.calls.keep();
    let inserted = store.calls.with(|connection| insert_within(store, connection, keep, tasks))?;
    store.wake(&due_now(tasks));
    Ok(inserted)
}

/// Inserts within the application's own transaction. That stands when a task is kept out that must not be;
/// nothing of the batch is in it then.
pub(crate) fn insert_in(
    store: &PostgresStore,
    connection: &mut PgConnection,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    // The connection may reach the server through a pooler.
    insert_within(store, connection, Keep::Nothing, tasks)
}

fn insert_within(
    store: &PostgresStore,
    connection: &mut PgConnection,
    keep: Keep,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    if !is_all_or_none(tasks) {
        return insert_into(store, connection, keep, tasks);
    }
    // A savepoint within the application's.
    let inserted = connection.transaction(|connection| Ok(insert_into(store, connection, keep, tasks)?));
    inserted.map_err(|error: InTransaction| error.into())
}

fn insert_into(
    store: &PostgresStore,
    connection: &mut PgConnection,
    keep: Keep,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.to_send() {
        try_insert(store, connection, keep, &part, &mut answers)?;
    }
    for payload in store.announcer.payloads_at_commit(&due_now(tasks)) {
        run::execute_on(connection, keep, &store.statements.notify, &[&bind::<Text, _>(payload)])?;
    }
    answers.finish()
}

fn try_insert(
    store: &PostgresStore,
    connection: &mut PgConnection,
    keep: Keep,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let columns = InsertColumns::new(tasks);
    let saved =
        insert_once(store, connection, keep, &columns, &store.statements.insert, UniqueColumns::new(tasks))?;
    let holders = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => {
            let held = columns.held();
            let binds: [&dyn Bind; 3] = [
                &bind::<Array<SqlUuid>, _>(&columns.ids),
                &bind::<Array<Text>, _>(&held),
                &bind::<Array<Text>, _>(&held),
            ];
            run::query_on::<HolderSql, _>(connection, keep, &store.statements.holders, &binds)?
        }
    };
    answers.add(&saved, &holders.into_iter().map(holder).collect::<Vec<_>>());
    Ok(())
}

/// What was inserted or replaced: by this statement, unless a task needs the one for such.
fn insert_once(
    store: &PostgresStore,
    connection: &mut PgConnection,
    keep: Keep,
    columns: &InsertColumns<'_>,
    insert: &str,
    unique: Option<UniqueColumns>,
) -> Result<Vec<InTable>, StoreError> {
    let sql = &store.statements;
    let instants: Vec<_> = columns.instants.iter().map(|at| at.map(timestamp)).collect();
    let plain: [&dyn Bind; 9] = [
        &bind::<Array<SqlUuid>, _>(&columns.ids),
        &bind::<Array<Text>, _>(&columns.metadata),
        &bind::<Array<Text>, _>(&columns.task_types),
        &bind::<Array<SmallInt>, _>(&columns.modes),
        &bind::<Array<SmallInt>, _>(&columns.priorities),
        &bind::<Array<Nullable<Text>>, _>(&columns.hashes),
        &bind::<Array<BigInt>, _>(&columns.delays),
        &bind::<Array<Nullable<Timestamptz>>, _>(&instants),
        &bind::<Array<Nullable<Text>>, _>(&columns.options),
    ];
    let Some(UniqueColumns { periods, replaces }) = unique else {
        let saved = run::query_on::<InsertedSql, _>(connection, keep, insert, &plain)?;
        return Ok(saved.into_iter().map(inserted).collect());
    };
    let held = columns.held();
    let more: [&dyn Bind; 4] = [
        &bind::<Array<Nullable<BigInt>>, _>(periods),
        &bind::<Array<SmallInt>, _>(replaces),
        &bind::<Array<Text>, _>(&held),
        &bind::<Array<Text>, _>(&held),
    ];
    let binds = [&plain[..], &more].concat();
    let saved = run::query_on::<AnsweredSql, _>(connection, keep, &sql.insert_unique, &binds)?;
    Ok(saved.into_iter().map(answered).collect())
}

/// The parameters of `claim.sql` and its like.
pub(super) struct ClaimParams<'a> {
    worker: As<BigInt, i64>,
    task_type: As<Text, &'a str>,
    modes: As<Array<SmallInt>, Vec<i16>>,
    priorities: As<Array<SmallInt>, Vec<i16>>,
    floors: As<Array<Timestamptz>, Vec<PgTimestamp>>,
    limit: As<BigInt, i64>,
    first_listed: As<BigInt, i64>,
    shared: As<Array<Bool>, Vec<bool>>,
}

impl<'a> ClaimParams<'a> {
    pub(super) fn new(claim: &Claim<'a>, first_listed: i64) -> Self {
        let LaneColumns { modes, priorities, floors, shared } = LaneColumns::new(claim.lanes);
        Self {
            worker: bind(claim.worker.0),
            task_type: bind(claim.task_type),
            modes: bind(modes),
            priorities: bind(priorities),
            floors: bind(floors.into_iter().map(timestamp).collect()),
            limit: bind(i64::try_from(claim.limit).unwrap_or(i64::MAX)),
            first_listed: bind(first_listed),
            shared: bind(shared),
        }
    }

    pub(super) fn all(&self) -> [&dyn Bind; 7] {
        let Self { worker, task_type, modes, priorities, floors, limit, first_listed, .. } = self;
        [worker, task_type, modes, priorities, floors, limit, first_listed]
    }

    /// Those of `hold.sql`.
    pub(super) fn hold(&self) -> [&dyn Bind; 8] {
        let [worker, task_type, modes, priorities, floors, limit, first_listed] = self.all();
        [worker, task_type, modes, priorities, floors, limit, first_listed, &self.shared]
    }

    /// Those of `turn.sql`, `hold_turn.sql` and `leave_turn.sql`.
    pub(super) fn turn(&self) -> [&dyn Bind; 2] {
        [&self.task_type, &self.worker]
    }
}

pub(super) fn claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    store.lists.look();
    let outcome = send_claim(store, claim);
    store.lists.first.learn(&outcome);
    // The others were claimed in the name of another worker.
    let own = outcome?.into_iter().filter(|(_, is_own)| *is_own);
    Ok(own.map(|(row, _)| claimed(row)).collect())
}

fn send_claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<(ClaimedRow, bool)>, StoreError> {
    let params = ClaimParams::new(claim, store.lists.first.holder());
    let (sql, keep) = (&store.statements, store.engine.keep());
    store.engine.with(|connection| match claim.crowded {
        false => run::query_on::<(ClaimedSql, Bool), _>(connection, keep, &sql.claim, &params.all()),
        true => run::query_behind::<(ClaimedSql, Bool), _>(
            connection,
            keep,
            (&sql.turn, &params.turn()),
            (&sql.claim, &params.all()),
        ),
    })
}

/// Saves results; how many of them.
pub(super) fn finish(store: &PostgresStore, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
    let keep = store.engine.keep();
    let finish = |connection: &mut _| finish_on(connection, keep, &store.statements, worker, results);
    let saved = store.engine.with(finish)?;
    if results.iter().any(|result| result.verdict.keeps_its_place()) {
        store.call_over(&store.engine, CAME_BACK);
    }
    Ok(saved)
}

/// Saves the success of a run within the application's own transaction; whether its claim still stood.
pub(crate) fn finish_in(
    own: &OwnResult<Statements>,
    connection: &mut PgConnection,
) -> Result<bool, StoreError> {
    // The connection is the application's, and may reach the server through a pooler.
    let result = std::slice::from_ref(&own.result);
    Ok(finish_on(connection, Keep::Nothing, &own.extras, own.worker, result)? > 0)
}

/// Usually all rows go, and the shortest statement serves; else one statement does it all, so that a
/// batch is never saved by half.
fn finish_on(
    connection: &mut PgConnection,
    keep: Keep,
    sql: &Statements,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let columns = FinishColumns::new(results);
    let worker = bind::<BigInt, _>(worker.0);
    let (ids, leases) = (bind::<Array<SqlUuid>, _>(&columns.ids), bind::<Array<Integer>, _>(&columns.leases));
    if columns.all_go() {
        return run::execute_on(connection, keep, &sql.finish_remove, &[&worker, &ids, &leases]);
    }
    let binds: [&dyn Bind; 6] = [
        &worker,
        &ids,
        &leases,
        &bind::<Array<SmallInt>, _>(&columns.codes),
        &bind::<Array<Nullable<BigInt>>, _>(&columns.delays),
        &bind::<Array<Nullable<Text>>, _>(&columns.errors),
    ];
    let saved = run::query_on::<BigInt, i64>(connection, keep, &sql.finish, &binds)?;
    Ok(saved.first().map_or(0, |saved| saved.unsigned_abs()))
}
