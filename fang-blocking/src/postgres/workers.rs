//! Register, heartbeat, rescue, prune.

use super::PostgresStore;
use super::run::{self, bind};
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use fang_core::StoreError;
use fang_core::store::{Beat, CAME_BACK, Prune, Rescue, Rescued, WorkerId, micros};
use std::time::Duration;
use uuid::Uuid;

pub(super) fn register(store: &PostgresStore, info: &str) -> Result<WorkerId, StoreError> {
    let info = bind::<Text, _>(info);
    let id = run::query_one::<BigInt, i64>(&store.heart, &store.statements.register, &[&info])?;
    Ok(WorkerId(id))
}

pub(super) fn heartbeat(
    store: &PostgresStore,
    worker: WorkerId,
    lease: Duration,
) -> Result<Beat, StoreError> {
    let (worker, lease) = (bind::<BigInt, _>(worker.0), bind::<BigInt, _>(micros(lease)));
    let sql = &store.statements.heartbeat;
    let (is_alive, has_suspects, silent_for, well_for, has_cancellations) =
        run::query_one::<(Bool, Bool, Double, Double, Bool), (bool, bool, f64, f64, bool)>(
            &store.heart,
            sql,
            &[&worker, &lease],
        )?;
    let span = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let (silent_for, well_for) = (span(silent_for), span(well_for));
    Ok(Beat { is_alive, has_suspects, silent_for, well_for, has_cancellations })
}

pub(super) fn disown(
    store: &PostgresStore,
    worker: WorkerId,
    known: &[(Uuid, i32)],
) -> Result<u64, StoreError> {
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = known.iter().copied().unzip();
    let (worker, ids, leases) =
        (bind::<BigInt, _>(worker.0), bind::<Array<SqlUuid>, _>(ids), bind::<Array<Integer>, _>(leases));
    let given_back = run::execute(&store.engine, &store.statements.disown, &[&worker, &ids, &leases])?;
    if given_back > 0 {
        store.call_over(&store.engine, CAME_BACK);
    }
    Ok(given_back)
}

pub(super) fn retire(store: &PostgresStore, worker: WorkerId) -> Result<(), StoreError> {
    let worker = bind::<BigInt, _>(worker.0);
    run::execute(&store.heart, &store.statements.retire, &[&worker]).map(|_| ())
}

pub(super) fn suspect(
    store: &PostgresStore,
    worker: WorkerId,
    id: Uuid,
    lease: i32,
) -> Result<bool, StoreError> {
    let (id, lease, worker) =
        (bind::<SqlUuid, _>(id), bind::<Integer, _>(lease), bind::<BigInt, _>(worker.0));
    Ok(run::execute(&store.engine, &store.statements.suspect, &[&id, &lease, &worker])? > 0)
}

/// Three statements, each of which repeats without harm: whoever comes second finds less to do.
pub(super) fn rescue(store: &PostgresStore, rescue: &Rescue) -> Result<Rescued, StoreError> {
    let (lease, max_crashes) =
        (bind::<BigInt, _>(micros(rescue.lease)), bind::<SmallInt, _>(rescue.max_crashes));
    let by = bind::<Nullable<BigInt>, _>(rescue.by.map(|by| by.0));
    let buried = run::execute(&store.heart, &store.statements.bury, &[&lease, &by])?;
    run::execute(&store.heart, &store.statements.lease_of_dead, &[])?;
    let sql = &store.statements.rescue;
    let (retried, failed) =
        run::query_one::<(BigInt, BigInt), (i64, i64)>(&store.heart, sql, &[&lease, &max_crashes])?;
    let rescued = Rescued { buried, retried: retried.unsigned_abs(), failed: failed.unsigned_abs() };
    if rescued.retried > 0 {
        store.call_over(&store.heart, CAME_BACK);
    }
    Ok(rescued)
}

pub(super) fn prune(store: &PostgresStore, prune: &Prune) -> Result<u64, StoreError> {
    run::execute(&store.engine, &store.statements.prune_workers, &[])?;
    let limit = bind::<BigInt, _>(i64::from(prune.limit));
    let periods = run::execute(&store.engine, &store.statements.prune_unique, &[&limit])?;
    let Some(age) = prune.older_than else { return Ok(periods) };
    let age = bind::<BigInt, _>(micros(age));
    Ok(periods + run::execute(&store.engine, &store.statements.prune_tasks, &[&age, &limit])?)
}
