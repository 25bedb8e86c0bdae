//! Find, list, count, remove.

use crate::database::Database;
use crate::row::{get, span, task};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use fang_core::store::{Capped, Count, Depth, Removal};
use fang_core::task::FangTaskState;
use fang_core::{StoreError, Task};
use std::time::Instant;
use uuid::Uuid;

pub(crate) async fn find<C: Connections>(db: &Database<C>, id: Uuid) -> Result<Option<Task>, StoreError> {
    let rows = db.query(Role::Calls, Statement::look(&db.sql.find, &[&id])?).await?;
    rows.first().map(task).transpose()
}

/// Counts of more tasks than this are told again for a while: each reads the whole table.
const MANY: u64 = 100_000;

pub(crate) async fn count<C: Connections>(db: &Database<C>) -> Result<Vec<Count>, StoreError> {
    let began = Instant::now();
    if let Some(counts) = db.counts.get(began) {
        return Ok(counts);
    }
    let counts = count_now(db).await?;
    if counts.iter().map(|count| count.tasks).sum::<u64>() > MANY {
        db.counts.keep(counts.clone(), Instant::now(), began.elapsed());
    }
    Ok(counts)
}

async fn count_now<C: Connections>(db: &Database<C>) -> Result<Vec<Count>, StoreError> {
    let rows = db.query(Role::Calls, Statement::look(&db.sql.count, &[])?).await?;
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
    let all = Depth::COUNTED.cast_signed();
    let statement = Statement::look(&db.sql.depths, &[&task_type, &types, &tasks, &all])?;
    let rows = db.query(db.calls, statement).await?;
    let depths = rows.iter().map(|row| {
        let share = get::<i64>(row, 4)?.unsigned_abs();
        let number = |column| get(row, column).map(|tasks: i64| Capped::counted(tasks.unsigned_abs(), share));
        let oldest_due = get::<Option<f64>>(row, 3)?.map(span);
        Ok(Depth { task_type: get(row, 0)?, waiting: number(2)?, due: number(1)?, oldest_due })
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
