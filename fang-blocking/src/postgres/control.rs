//! Retry, reschedule, cancel, pause.

use super::PostgresStore;
use super::convert::timestamp;
use super::run::{self, Bind, bind};
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use fang_core::new_task::Due;
use fang_core::store::{CAME_BACK, RetriedFailed, RetryFailed, WorkerId, cancellations_of, micros};
use fang_core::wake::Announced;
use fang_core::{Priority, StoreError};
use uuid::Uuid;

pub(super) fn retry(store: &PostgresStore, id: Uuid) -> Result<bool, StoreError> {
    let id = bind::<SqlUuid, _>(id);
    let task_types = run::query_reviving::<Text, String>(&store.calls, &store.statements.retry, &[&id])?;
    task_types.iter().for_each(|task_type| store.announce(&[(task_type.as_str(), Announced::Each)].into()));
    Ok(!task_types.is_empty())
}

pub(super) fn retry_failed(
    store: &PostgresStore,
    bite: &RetryFailed<'_>,
) -> Result<RetriedFailed, StoreError> {
    let binds: [&dyn Bind; 4] = [
        &bind::<Nullable<Text>, _>(bite.which.task_type.as_deref()),
        &bind::<Nullable<Text>, _>(bite.which.kind.as_deref()),
        &bind::<Nullable<SqlUuid>, _>(bite.after),
        &bind::<BigInt, _>(i64::from(bite.limit.max(1))),
    ];
    let rows = run::query_reviving::<
        (BigInt, Nullable<SqlUuid>, Array<Text>),
        (i64, Option<Uuid>, Vec<String>),
    >(&store.calls, &store.statements.retry_failed, &binds)?;
    let Some((tasks, next, task_types)) = rows.into_iter().next() else {
        return Ok(RetriedFailed::default());
    };
    let task_types = task_types.iter().map(|task_type| (task_type.as_str(), Announced::Each));
    store.announce(&task_types.collect());
    Ok(RetriedFailed { tasks: tasks.unsigned_abs(), next })
}

pub(super) fn reschedule(store: &PostgresStore, id: Uuid, due: Due) -> Result<bool, StoreError> {
    let (delay, at) = match due {
        Due::After(delay) => (micros(delay), None),
        Due::At(at) => (0, Some(timestamp(at.into()))),
    };
    let binds: [&dyn Bind; 3] =
        [&bind::<SqlUuid, _>(id), &bind::<BigInt, _>(delay), &bind::<Nullable<Timestamptz>, _>(at)];
    let task_types = run::query::<Text, String>(&store.calls, &store.statements.reschedule, &binds)?;
    for task_type in task_types.iter().filter(|_| due.may_be_now()) {
        store.announce(&[(task_type.as_str(), due.announced())].into());
        // It may be an instant that is long past.
        store.call(CAME_BACK);
    }
    Ok(!task_types.is_empty())
}

pub(super) fn set_priority(store: &PostgresStore, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
    let binds: [&dyn Bind; 2] = [&bind::<SqlUuid, _>(id), &bind::<SmallInt, _>(priority as i16)];
    let is_set = run::execute(&store.calls, &store.statements.set_priority, &binds)? > 0;
    if is_set {
        // It has the same place in another lane.
        store.call(CAME_BACK);
    }
    Ok(is_set)
}

pub(super) fn cancel(store: &PostgresStore, id: Uuid) -> Result<bool, StoreError> {
    let id = bind::<SqlUuid, _>(id);
    let (is_hit, worker) = run::query_one::<(Bool, Nullable<BigInt>), (bool, Option<i64>)>(
        &store.calls,
        &store.statements.cancel,
        &[&id],
    )?;
    if let Some(worker) = worker {
        store.call(&cancellations_of(WorkerId(worker)));
    }
    Ok(is_hit)
}

pub(super) fn cancellations(store: &PostgresStore, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
    let worker = bind::<BigInt, _>(worker.0);
    run::query::<(SqlUuid, Integer), (Uuid, i32)>(&store.heart, &store.statements.cancellations, &[&worker])
}

pub(super) fn pause(store: &PostgresStore, task_type: &str) -> Result<bool, StoreError> {
    Ok(run::execute(&store.calls, &store.statements.pause, &[&bind::<Text, _>(task_type)])? > 0)
}

pub(super) fn resume(store: &PostgresStore, task_type: &str) -> Result<bool, StoreError> {
    let bound = bind::<Text, _>(task_type);
    let was_paused = run::execute(&store.calls, &store.statements.resume, &[&bound])? > 0;
    store.announce(&[(task_type, Announced::Each)].into());
    Ok(was_paused)
}
