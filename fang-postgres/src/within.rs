//! Inserts, lists and results within a transaction that was begun elsewhere.

use crate::batch::Batch;
use crate::columns::{Answers, due_now};
use crate::finish_columns::FinishColumns;
use crate::row::{duplicate, get, task};
use crate::session::Session;
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use crate::verbs::admin;
use fang_core::notify::Outgoing;
use fang_core::store::{Filter, Inserted, OwnResult, is_all_or_none};
use fang_core::{NewTask, QueueError, StoreError, Task};

/// Inserts within the application's transaction. After [`StoreError::NotUnique`] the transaction can go on, without
/// any task of the batch.
pub(crate) async fn insert_in(
    session: &mut impl Session,
    sql: &Statements,
    outgoing: &Outgoing,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    if !is_all_or_none(tasks) {
        return insert_batch(session, sql, outgoing, tasks).await;
    }
    session.run(&[Step::Begin("BEGIN")]).await?;
    let inserted = insert_batch(session, sql, outgoing, tasks).await;
    match inserted {
        Ok(_) => {
            session.run(&[Step::Commit]).await?;
        }
        Err(_) => session.rollback().await,
    }
    inserted
}

/// Inserts within a transaction that ends if this fails.
pub(crate) async fn insert_batch(
    session: &mut impl Session,
    sql: &Statements,
    outgoing: &Outgoing,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.next_to_send() {
        try_insert(session, sql, &part, &mut answers).await?;
    }
    let mut notify = Vec::new();
    for payload in outgoing.payloads_at_commit(&due_now(tasks)) {
        notify.push(Step::Run(Statement::rows(&sql.notify, &[&payload])?));
    }
    if !notify.is_empty() {
        session.run(&notify).await?;
    }
    answers.finish()
}

async fn try_insert(
    session: &mut impl Session,
    sql: &Statements,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let batch = Batch::new(tasks);
    let saved = batch.saved(&rows(session, batch.insert(sql)?).await?)?;
    let duplicates = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => rows(session, batch.duplicates(sql)?).await?,
    };
    answers.add(&saved, &duplicates.iter().map(duplicate).collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

/// Saves the success of a run within the application's transaction.
///
/// # Errors
/// [`QueueError::ClaimLost`] when the claim no longer stands; [`QueueError::NoTables`] when the tables belong to
/// another store; [`QueueError::Store`] when the statement fails.
pub async fn finish_in(session: &mut impl Session, own: &OwnResult) -> Result<(), QueueError> {
    let sql = own.tables.get::<Statements>().ok_or(QueueError::NoTables)?;
    let columns = FinishColumns::new(std::slice::from_ref(&own.result));
    let statement = columns.statement(&sql, own.worker)?;
    let answers = session.run(&[Step::Run(statement)]).await?;
    let hit = match answers.first().map(|answer| (answer, answer.rows.first())) {
        Some((_, Some(row))) => get::<i64>(row, 0)? > 0,
        Some((answer, None)) => answer.count > 0,
        None => false,
    };
    if hit { Ok(()) } else { Err(QueueError::ClaimLost) }
}

/// Lists tasks within the application's transaction.
pub(crate) async fn list_in(
    session: &mut impl Session,
    sql: &Statements,
    filter: &Filter,
) -> Result<Vec<Task>, StoreError> {
    rows(session, admin::list_statement(sql, filter)?).await?.iter().map(task).collect()
}

async fn rows<S: Session>(session: &mut S, statement: Statement<'_>) -> Result<Vec<S::Row>, StoreError> {
    let answers = session.run(&[Step::Run(statement)]).await?;
    Ok(answers.into_iter().next().map(|answer| answer.rows).unwrap_or_default())
}
