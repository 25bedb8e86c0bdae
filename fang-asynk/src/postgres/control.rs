//! Retry, reschedule, cancel, pause.

use super::PostgresStore;
use super::convert::Instant;
use super::run::{self, Param};
use fang_core::new_task::Due;
use fang_core::store::{CAME_BACK, RetriedFailed, RetryFailed, WorkerId, cancellations_of, micros};
use fang_core::wake::Announced;
use fang_core::{Priority, StoreError};
use uuid::Uuid;

pub(super) async fn retry(store: &PostgresStore, id: Uuid) -> Result<bool, StoreError> {
    let rows = run::query_reviving(&store.calls, &store.statements.retry, &[&id]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    store.announce(&[(row.get(0), Announced::Each)].into()).await;
    Ok(true)
}

pub(super) async fn retry_failed(
    store: &PostgresStore,
    bite: &RetryFailed<'_>,
) -> Result<RetriedFailed, StoreError> {
    let limit = i64::from(bite.limit.max(1));
    let params: [Param<'_>; 4] = [&bite.which.task_type, &bite.which.kind, &bite.after, &limit];
    let rows = run::query_reviving(&store.calls, &store.statements.retry_failed, &params).await?;
    let Some(row) = rows.first() else { return Ok(RetriedFailed::default()) };
    let task_types = row.get::<_, Vec<&str>>(2).into_iter();
    store.announce(&task_types.map(|task_type| (task_type, Announced::Each)).collect()).await;
    Ok(RetriedFailed { tasks: row.get::<_, i64>(0).unsigned_abs(), next: row.get(1) })
}

pub(super) async fn reschedule(store: &PostgresStore, id: Uuid, due: Due) -> Result<bool, StoreError> {
    let (delay, at) = match due {
        Due::After(delay) => (micros(delay), None),
        Due::At(at) => (0, Some(Instant(at.into()))),
    };
    let rows = run::query(&store.calls, &store.statements.reschedule, &[&id, &delay, &at]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    if due.may_be_now() {
        store.announce(&[(row.get(0), due.announced())].into()).await;
        // It may be an instant that is long past.
        store.call(CAME_BACK).await;
    }
    Ok(true)
}

pub(super) async fn set_priority(
    store: &PostgresStore,
    id: Uuid,
    priority: Priority,
) -> Result<bool, StoreError> {
    let params: [Param<'_>; 2] = [&id, &(priority as i16)];
    let is_set = run::execute(&store.calls, &store.statements.set_priority, &params).await? > 0;
    if is_set {
        // It has the same place in another lane.
        store.call(CAME_BACK).await;
    }
    Ok(is_set)
}

pub(super) async fn cancel(store: &PostgresStore, id: Uuid) -> Result<bool, StoreError> {
    let row = run::query_one(&store.calls, &store.statements.cancel, &[&id]).await?;
    if let Some(worker) = row.get::<_, Option<i64>>(1) {
        store.call(&cancellations_of(WorkerId(worker))).await;
    }
    Ok(row.get(0))
}

pub(super) async fn cancellations(
    store: &PostgresStore,
    worker: WorkerId,
) -> Result<Vec<(Uuid, i32)>, StoreError> {
    let rows = run::query(&store.heart, &store.statements.cancellations, &[&worker.0]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(super) async fn pause(store: &PostgresStore, task_type: &str) -> Result<bool, StoreError> {
    Ok(run::execute(&store.calls, &store.statements.pause, &[&task_type]).await? > 0)
}

pub(super) async fn resume(store: &PostgresStore, task_type: &str) -> Result<bool, StoreError> {
    let was_paused = run::execute(&store.calls, &store.statements.resume, &[&task_type]).await? > 0;
    store.announce(&[(task_type, Announced::Each)].into()).await;
    Ok(was_paused)
}
