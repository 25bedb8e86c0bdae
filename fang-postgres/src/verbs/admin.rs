//! Find, list, count, remove.

use crate::database::Database;
use crate::row::{get, span, task};
use crate::session::Connections;
use crate::settings::Role;
use crate::sql::Statements;
use crate::statement::Statement;
use fang_core::store::{Capped, Count, Depth, Filter, Removal};
use fang_core::task::FangTaskState;
use fang_core::{StoreError, Task};
use uuid::Uuid;

pub(crate) async fn find<C: Connections>(db: &Database<C>, id: Uuid) -> Result<Option<Task>, StoreError> {
    let rows = db.query(Role::Calls, Statement::rows(&db.sql.find, &[&id])?).await?;
    rows.first().map(task).transpose()
}

pub(crate) async fn list<C: Connections>(db: &Database<C>, filter: &Filter) -> Result<Vec<Task>, StoreError> {
    db.query(Role::Calls, list_statement(&db.sql, filter)?).await?.iter().map(task).collect()
}

/// The statement that lists the tasks of a filter.
pub(crate) fn list_statement<'a>(sql: &'a Statements, filter: &Filter) -> Result<Statement<'a>, StoreError> {
    let state = filter.state.map(FangTaskState::as_str);
    let limit = i64::from(filter.limit);
    Statement::rows(&sql.list, &[&state, &filter.task_type, &filter.before, &limit, &filter.tag])
}

pub(crate) async fn count<C: Connections>(db: &Database<C>) -> Result<Vec<Count>, StoreError> {
    let rows = db.query(Role::Calls, Statement::rows(&db.sql.count, &[])?).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(state) = FangTaskState::from_label(get(row, 1)?) {
            let tasks = get::<i64>(row, 2)?.unsigned_abs();
            counts.push(Count { task_type: get(row, 0)?, state, tasks });
        }
    }
    Ok(counts)
}

pub(crate) async fn depths<C: Connections>(
    db: &Database<C>,
    task_type: Option<&str>,
) -> Result<Vec<Depth>, StoreError> {
    let (types, tasks) = (i32::from(Depth::TASK_TYPES), Capped::MAX.cast_signed() + 1);
    let statement = Statement::rows(&db.sql.depths, &[&task_type, &types, &tasks])?;
    let rows = db.query(db.calls, statement).await?;
    let depths = rows.iter().map(|row| {
        let number = |column| get(row, column).map(|tasks: i64| Capped::of(tasks.unsigned_abs()));
        let oldest_due = get::<Option<f64>>(row, 3)?.map(span);
        Ok(Depth { task_type: get(row, 0)?, waiting: number(1)?, due: number(2)?, oldest_due })
    });
    depths.collect()
}

pub(crate) async fn remove<C: Connections>(db: &Database<C>, removal: &Removal) -> Result<u64, StoreError> {
    let sql = &db.sql;
    let statement = match removal {
        Removal::All => Statement::count(&sql.remove_all, &[]),
        Removal::Scheduled => Statement::count(&sql.remove_scheduled, &[]),
        Removal::TaskType(task_type) => Statement::count(&sql.remove_task_type, &[task_type]),
        Removal::Unique(hash) => Statement::count(&sql.remove_unique, &[hash, hash]),
        Removal::Id(id) => Statement::count(&sql.remove_id, &[id]),
    };
    db.execute(Role::Calls, statement?).await
}
