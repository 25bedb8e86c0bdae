//! Find, list, count, remove.

use super::PostgresStore;
use super::convert::task;
use super::run::{self, Param};
use fang_core::store::{Count, Filter, Removal};
use fang_core::task::FangTaskState;
use fang_core::{StoreError, Task};
use uuid::Uuid;

pub(super) async fn find(store: &PostgresStore, id: Uuid) -> Result<Option<Task>, StoreError> {
    let rows = run::query(&store.calls, &store.statements.find, &[&id]).await?;
    rows.first().map(task).transpose()
}

pub(super) async fn list(store: &PostgresStore, filter: &Filter) -> Result<Vec<Task>, StoreError> {
    let state = filter.state.map(FangTaskState::as_str);
    let limit = i64::from(filter.limit);
    let params: [Param<'_>; 5] = [&state, &filter.task_type, &filter.before, &limit, &filter.tag];
    let rows = run::query(&store.calls, &store.statements.list, &params).await?;
    rows.iter().map(task).collect()
}

pub(super) async fn count(store: &PostgresStore) -> Result<Vec<Count>, StoreError> {
    let rows = run::query(&store.calls, &store.statements.count, &[]).await?;
    let counts = rows.iter().filter_map(|row| {
        let state = FangTaskState::from_label(row.get(1))?;
        Some(Count { task_type: row.get(0), state, tasks: row.get::<_, i64>(2).unsigned_abs() })
    });
    Ok(counts.collect())
}

pub(super) async fn remove(store: &PostgresStore, removal: &Removal) -> Result<u64, StoreError> {
    let sql = &store.statements;
    match removal {
        Removal::All => run::execute(&store.calls, &sql.remove_all, &[]).await,
        Removal::Scheduled => run::execute(&store.calls, &sql.remove_scheduled, &[]).await,
        Removal::TaskType(task_type) => run::execute(&store.calls, &sql.remove_task_type, &[task_type]).await,
        Removal::Unique(hash) => run::execute(&store.calls, &sql.remove_unique, &[hash, hash]).await,
        Removal::Id(id) => run::execute(&store.calls, &sql.remove_id, &[id]).await,
    }
}
