//! Insert.

use super::notify::{due_later, due_now};
use crate::answers::{Answers, InTable};
use crate::batch::Batch;
use crate::copy::{MIN_COPY, chunks, copied};
use crate::database::{again_if, may_have_lost_a_race};
use crate::diagnosis::explained;
use crate::row::{duplicate, get, only};
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step};
use crate::store::PostgresStore;
use crate::value::Instant;
use crate::within;
use fang_core::error::Nature;
use fang_core::store::{DbInstant, Inserted, are_new, is_all_or_none};
use fang_core::{NewTask, StoreError};

pub(crate) async fn insert<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    match insert_any(store, tasks).await {
        Ok(inserted) => {
            store.notify_all(Role::Calls, &due_later(tasks, &inserted)).await;
            Ok(inserted)
        }
        Err(error) if may_be_a_task(&error, tasks) => {
            let none = Batch::new(&[]);
            Err(store.db.looked_into(Role::Calls, error, none.insert_by(&store.db.sql.insert_new)?).await)
        }
        Err(error) => Err(error),
    }
}

/// Whether a task may be the cause of an error, whatever it says. Callers that share a statement then have their tasks sent again
/// apart. A lone task is the cause only if a statement was refused: another connection, to which the question would go, may be
/// to another server, or be made when the reason is over.
fn may_be_a_task(error: &StoreError, tasks: &[NewTask]) -> bool {
    tasks.len() > 1 || matches!(error, StoreError::NotMigrated { .. } | StoreError::Pooled { .. })
}

/// Inserts, and notifies pools of the tasks that are due.
async fn insert_any<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    if is_all_or_none(tasks) {
        return insert_all_or_none(store, tasks).await;
    }
    if are_new(tasks) {
        match insert_new(store, tasks).await {
            // Some tasks were saved by an earlier try, or their data is refused. The statement below tells which.
            Err(error) if error.nature() == Nature::Data => {}
            outcome => return outcome,
        }
    }
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.next_to_send() {
        try_insert(store, &part, &mut answers).await?;
    }
    answers.finish()
}

async fn insert_new<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    if tasks.len() >= MIN_COPY {
        return copy(store, tasks).await;
    }
    let (mut answers, batch) = (Answers::new(tasks), Batch::new(tasks));
    let statement = batch.insert_by(&store.db.sql.insert_new)?;
    answers.add(&send(store, tasks, &batch, statement).await?, &[]);
    answers.finish()
}

/// Sends an insert, and notifies pools that wait for such tasks.
async fn send<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
    batch: &Batch<'_>,
    insert: Statement<'_>,
) -> Result<Vec<InTable>, StoreError> {
    let due = due_now(tasks);
    let mut notify = Vec::new();
    for payload in store.payloads(&due) {
        notify.push(Statement::count(&store.db.sql.notify, &[&payload])?);
    }
    let rows = store.db.query_then(Role::Calls, insert, notify).await?;
    let saved = batch.saved(&rows)?;
    store.notify_here(&due);
    Ok(saved)
}

async fn try_insert<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let (batch, sql) = (Batch::new(tasks), &store.db.sql);
    let saved = send(store, tasks, &batch, batch.insert(sql)?).await?;
    let duplicates = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => store.db.query(Role::Calls, batch.duplicates(sql)?).await?,
    };
    answers.add(&saved, &duplicates.iter().map(duplicate).collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

/// Inserts in a transaction that is rolled back if a task has a duplicate that it must not have.
async fn insert_all_or_none<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let inserted = again_if(may_have_lost_a_race, || insert_in_one_of_ours(store, tasks)).await?;
    store.notify_here(&due_now(tasks));
    Ok(inserted)
}

async fn insert_in_one_of_ours<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut session = store.db.session(Role::Calls).await?;
    let outcome = insert_in_transaction(store, &mut session, tasks).await;
    let outcome = explained(&mut session, &store.db.sql, &store.schema, outcome).await;
    if outcome.is_err() {
        session.rollback().await;
    }
    store.db.end(session, outcome).await
}

async fn insert_in_transaction<C: Connections>(
    store: &PostgresStore<C>,
    session: &mut C::Session,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    session.run(&[Step::Begin(store.db.begin(Role::Calls))]).await?;
    let inserted = within::insert_batch(session, &store.db.sql, tasks).await?;
    let payloads = store.outgoing.payloads_at_commit(&due_now(tasks));
    within::notify(session, &store.db.sql, &payloads).await?;
    session.run(&[Step::Commit]).await?;
    Ok(inserted)
}

/// Saves tasks of which none is unique, by COPY. Fails if one of them was saved before.
async fn copy<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let now = again_if(may_have_lost_a_race, || copy_once(store, tasks)).await?;
    store.notify_here(&due_now(tasks));
    Ok(copied(tasks, now))
}

async fn copy_once<C: Connections>(
    store: &PostgresStore<C>,
    tasks: &[NewTask],
) -> Result<DbInstant, StoreError> {
    let mut session = store.db.session(Role::Calls).await?;
    let outcome = copy_in_transaction(store, &mut session, tasks).await;
    let outcome = explained(&mut session, &store.db.sql, &store.schema, outcome).await;
    if outcome.is_err() {
        session.rollback().await;
    }
    store.db.end(session, outcome).await
}

/// Returns the clock of the transaction, from which the delays of the tasks count.
async fn copy_in_transaction<C: Connections>(
    store: &PostgresStore<C>,
    session: &mut C::Session,
    tasks: &[NewTask],
) -> Result<DbInstant, StoreError> {
    let sql = &store.db.sql;
    let clock = Statement::rows(&sql.now_in, &[&store.schema.quoted()])?;
    let answers = session.run(&[Step::Begin(store.db.begin(Role::Calls)), Step::Run(clock)]).await?;
    let rows = answers.into_iter().flat_map(|answer| answer.rows).collect();
    let Instant(now) = get(&only(rows)?, 0)?;
    session.copy(&sql.copy, &mut chunks(tasks, now)).await?;
    let mut rest = Vec::new();
    for payload in store.payloads(&due_now(tasks)) {
        rest.push(Step::Run(Statement::count(&sql.notify, &[&payload])?));
    }
    rest.push(Step::Commit);
    session.run(&rest).await?;
    Ok(now)
}
