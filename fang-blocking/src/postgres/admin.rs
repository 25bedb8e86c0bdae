//! Find, list, count, remove.

use super::PostgresStore;
use super::convert::{CountRow, CountSql, TaskRow, TaskSql, task};
use super::run::{self, Bind, bind};
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use fang_core::store::{Count, Filter, Removal};
use fang_core::task::FangTaskState;
use fang_core::{StoreError, Task};
use uuid::Uuid;

pub(super) fn find(store: &PostgresStore, id: Uuid) -> Result<Option<Task>, StoreError> {
    let id = bind::<SqlUuid, _>(id);
    let rows = run::query::<TaskSql, TaskRow>(&store.calls, &store.statements.find, &[&id])?;
    Ok(rows.into_iter().next().map(task))
}

pub(super) fn list(store: &PostgresStore, filter: &Filter) -> Result<Vec<Task>, StoreError> {
    let binds: [&dyn Bind; 5] = [
        &bind::<Nullable<Text>, _>(filter.state.map(FangTaskState::as_str)),
        &bind::<Nullable<Text>, _>(filter.task_type.as_deref()),
        &bind::<Nullable<SqlUuid>, _>(filter.before),
        &bind::<BigInt, _>(i64::from(filter.limit)),
        &bind::<Nullable<Text>, _>(filter.tag.as_deref()),
    ];
    let rows = run::query::<TaskSql, TaskRow>(&store.calls, &store.statements.list, &binds)?;
    Ok(rows.into_iter().map(task).collect())
}

pub(super) fn count(store: &PostgresStore) -> Result<Vec<Count>, StoreError> {
    let rows = run::query::<CountSql, CountRow>(&store.calls, &store.statements.count, &[])?;
    let counts = rows.into_iter().filter_map(|(task_type, state, tasks)| {
        let state = FangTaskState::from_label(&state)?;
        Some(Count { task_type, state, tasks: tasks.unsigned_abs() })
    });
    Ok(counts.collect())
}

pub(super) fn remove(store: &PostgresStore, removal: &Removal) -> Result<u64, StoreError> {
    let sql = &store.statements;
    let by_text = |sql, text: &str| run::execute(&store.calls, sql, &[&bind::<Text, _>(text)]);
    match removal {
        Removal::All => run::execute(&store.calls, &sql.remove_all, &[]),
        Removal::Scheduled => run::execute(&store.calls, &sql.remove_scheduled, &[]),
        Removal::TaskType(task_type) => by_text(&sql.remove_task_type, task_type),
        Removal::Unique(hash) => {
            let hash = bind::<Text, _>(hash.as_str());
            run::execute(&store.calls, &sql.remove_unique, &[&hash, &hash])
        }
        Removal::Id(id) => run::execute(&store.calls, &sql.remove_id, &[&bind::<SqlUuid, _>(*id)]),
    }
}
