//! Register, heartbeat, rescue, prune.

use super::PostgresStore;
use super::run::{self, Param};
use fang_core::StoreError;
use fang_core::store::{Beat, CAME_BACK, Prune, Rescue, Rescued, WorkerId, micros};
use std::time::Duration;
use uuid::Uuid;

pub(super) async fn register(store: &PostgresStore, info: &str) -> Result<WorkerId, StoreError> {
    let row = run::query_one(&store.heart, &store.statements.register, &[&info]).await?;
    Ok(WorkerId(row.get(0)))
}

pub(super) async fn heartbeat(
    store: &PostgresStore,
    worker: WorkerId,
    lease: Duration,
) -> Result<Beat, StoreError> {
    let row = run::query_one(&store.heart, &store.statements.heartbeat, &[&worker.0, &micros(lease)]).await?;
    let span = |index| Duration::try_from_secs_f64(row.get(index)).unwrap_or_default();
    Ok(Beat {
        is_alive: row.get(0),
        has_suspects: row.get(1),
        silent_for: span(2),
        well_for: span(3),
        has_cancellations: row.get(4),
    })
}

pub(super) async fn disown(
    store: &PostgresStore,
    worker: WorkerId,
    known: &[(Uuid, i32)],
) -> Result<u64, StoreError> {
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = known.iter().copied().unzip();
    let given_back =
        run::execute(&store.engine, &store.statements.disown, &[&worker.0, &ids, &leases]).await?;
    if given_back > 0 {
        store.call_over(&store.engine, CAME_BACK).await;
    }
    Ok(given_back)
}

pub(super) async fn suspect(
    store: &PostgresStore,
    worker: WorkerId,
    id: Uuid,
    lease: i32,
) -> Result<bool, StoreError> {
    let params: [Param<'_>; 3] = [&id, &lease, &worker.0];
    Ok(run::execute(&store.engine, &store.statements.suspect, &params).await? > 0)
}

/// Three statements, each of which repeats without harm: whoever comes second finds less to do.
pub(super) async fn rescue(store: &PostgresStore, rescue: &Rescue) -> Result<Rescued, StoreError> {
    let (lease, by) = (micros(rescue.lease), rescue.by.map(|by| by.0));
    let buried = run::execute(&store.heart, &store.statements.bury, &[&lease, &by]).await?;
    run::execute(&store.heart, &store.statements.lease_of_dead, &[]).await?;
    let row = run::query_one(&store.heart, &store.statements.rescue, &[&lease, &rescue.max_crashes]).await?;
    let count = |index| u64::try_from(row.get::<_, i64>(index)).unwrap_or_default();
    let rescued = Rescued { buried, retried: count(0), failed: count(1) };
    if rescued.retried > 0 {
        store.call_over(&store.heart, CAME_BACK).await;
    }
    Ok(rescued)
}

pub(super) async fn prune(store: &PostgresStore, prune: &Prune) -> Result<u64, StoreError> {
    run::execute(&store.engine, &store.statements.prune_workers, &[]).await?;
    let limit = i64::from(prune.limit);
    let periods = run::execute(&store.engine, &store.statements.prune_unique, &[&limit]).await?;
    let Some(age) = prune.older_than else { return Ok(periods) };
    let tasks = run::execute(&store.engine, &store.statements.prune_tasks, &[&micros(age), &limit]).await?;
    Ok(periods + tasks)
}
