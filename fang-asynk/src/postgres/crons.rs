//! Crons: sync, look, fire; and what people do with them.

use super::PostgresStore;
use super::convert::{Instant, Secret, cron_info, due_cron, instant};
use super::run::{self, Param};
use deadpool_postgres::Transaction;
use fang_core::StoreError;
use fang_core::store::{CRONS, CronInfo, CronRemoval, Crons, NewCron, SavedCron, Tick};
use fang_core::wake::Announced;
use uuid::Uuid;

/// In a transaction, so that changes of one cron by several processes follow each other.
pub(super) async fn sync(store: &PostgresStore, cron: &NewCron) -> Result<SavedCron, StoreError> {
    let changed = run::again_if(StoreError::lost_a_race, || sync_once(store, cron)).await?;
    if changed {
        store.announce(&[(CRONS, Announced::Each)].into()).await;
        return Ok(SavedCron { last_tick: cron.first, task_id: cron.task.row().id });
    }
    let row = run::query_one(&store.calls, &store.statements.find_cron, &[&cron.name]).await?;
    Ok(SavedCron { last_tick: instant(&row, 0)?, task_id: row.get(1) })
}

async fn sync_once(store: &PostgresStore, cron: &NewCron) -> Result<bool, StoreError> {
    let mut client = run::get(&store.calls).await?;
    let work = async {
        let transaction = run::begin(&store.calls, &mut client).await?;
        let changed = sync_in(store, &transaction, cron).await?;
        run::commit(transaction).await?;
        Ok(changed)
    };
    let outcome = run::all_in_time(work).await;
    run::settle(client, outcome)
}

async fn sync_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    cron: &NewCron,
) -> Result<bool, StoreError> {
    let sql = &store.statements;
    for lock in [&sql.cron_lock, &sql.hold_cron] {
        run::execute_in(&store.calls, transaction, lock, &[&cron.name]).await?;
    }
    let (task, missed) = (cron.task.row(), cron.cron.missed.as_text());
    let (mode, priority) = (task.mode as i16, task.priority as i16);
    let metadata = Secret(task.metadata);
    let params: [Param<'_>; 10] = [
        &cron.name,
        &cron.cron.pattern,
        &cron.cron.time_zone,
        &missed,
        &metadata,
        &task.task_type,
        &mode,
        &priority,
        &cron.first,
        &task.id,
    ];
    Ok(run::execute_in(&store.calls, transaction, &sql.sync_cron, &params).await? > 0)
}

pub(super) async fn due(store: &PostgresStore) -> Result<Crons, StoreError> {
    let rows = run::query(&store.engine, &store.statements.crons, &[]).await?;
    let crons = rows.iter().map(due_cron).collect::<Result<Vec<_>, _>>()?;
    Ok(Crons::new(crons.into_iter()))
}

pub(super) async fn fire(store: &PostgresStore, tick: &Tick<'_>) -> Result<bool, StoreError> {
    let sql = &store.statements;
    let seen = Instant(tick.seen.into());
    let (late, ids): (Vec<_>, Vec<_>) = tick.late.iter().map(|(at, id)| (Instant((*at).into()), *id)).unzip();
    let changed = match tick.next {
        Some(next) => {
            let next = Instant(next.into());
            let params: [Param<'_>; 7] = [&tick.name, &seen, &next, &tick.id, &late, &ids, &tick.dropped];
            run::execute(&store.engine, &sql.fire, &params).await?
        }
        None => {
            let params: [Param<'_>; 5] = [&tick.name, &seen, &late, &ids, &tick.dropped];
            run::execute(&store.engine, &sql.end_cron, &params).await?
        }
    };
    Ok(changed > 0)
}

pub(super) async fn list(store: &PostgresStore) -> Result<Vec<CronInfo>, StoreError> {
    let rows = run::query(&store.calls, &store.statements.list_crons, &[]).await?;
    rows.iter().map(cron_info).collect()
}

/// In a transaction, so that the task it takes out is that of the last tick.
pub(super) async fn pause(store: &PostgresStore, name: &str) -> Result<bool, StoreError> {
    run::again_if(StoreError::lost_a_race, || pause_once(store, name)).await
}

async fn pause_once(store: &PostgresStore, name: &str) -> Result<bool, StoreError> {
    let (mut client, sql) = (run::get(&store.calls).await?, &store.statements);
    let work = async {
        let transaction = run::begin(&store.calls, &mut client).await?;
        run::execute_in(&store.calls, &transaction, &sql.hold_cron, &[&name]).await?;
        let paused = run::execute_in(&store.calls, &transaction, &sql.pause_cron, &[&name]).await? > 0;
        run::commit(transaction).await?;
        Ok(paused)
    };
    let outcome = run::all_in_time(work).await;
    run::settle(client, outcome)
}

pub(super) async fn resume(store: &PostgresStore, name: &str) -> Result<bool, StoreError> {
    let resumed = run::execute(&store.calls, &store.statements.resume_cron, &[&name]).await? > 0;
    store.announce(&[(CRONS, Announced::Each)].into()).await;
    Ok(resumed)
}

pub(super) async fn run(store: &PostgresStore, name: &str, id: Uuid) -> Result<bool, StoreError> {
    let rows = run::query(&store.calls, &store.statements.run_cron, &[&name, &id]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    store.announce(&[(row.get(0), Announced::Each)].into()).await;
    Ok(true)
}

pub(super) async fn remove(store: &PostgresStore, removal: &CronRemoval) -> Result<u64, StoreError> {
    let sql = &store.statements;
    match removal {
        CronRemoval::Name(name) => run::execute(&store.calls, &sql.remove_cron, &[name]).await,
        CronRemoval::AllBut { mode, names } => {
            run::execute(&store.calls, &sql.remove_other_crons, &[&(*mode as i16), names]).await
        }
    }
}
