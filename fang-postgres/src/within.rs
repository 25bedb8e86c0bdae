//! Inserts and results within a transaction that was begun elsewhere.

use crate::answers::Answers;
use crate::batch::Batch;
use crate::row::{duplicate, get, only};
use crate::session::Session;
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use crate::verbs::finish::FinishColumns;
use fang_core::store::{Inserted, OwnResult, is_all_or_none};
use fang_core::{NewTask, QueueError, StoreError};

/// Inserts within the application's transaction. After [`StoreError::NotUnique`] the transaction can go on, without
/// any task of the batch.
pub(crate) async fn insert_in(
    session: &mut impl Session,
    sql: &Statements,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    match is_all_or_none(tasks) {
        true => insert_or_roll_back(session, sql, tasks).await,
        false => insert_batch(session, sql, tasks).await,
    }
}

async fn insert_or_roll_back(
    session: &mut impl Session,
    sql: &Statements,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    session.run(&[Step::Begin("BEGIN")]).await?;
    let inserted = insert_batch(session, sql, tasks).await;
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
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.next_to_send() {
        try_insert(session, sql, &part, &mut answers).await?;
    }
    answers.finish()
}

/// Sends notifications that are delivered when the transaction commits.
pub(crate) async fn notify(
    session: &mut impl Session,
    sql: &Statements,
    payloads: &[String],
) -> Result<(), StoreError> {
    let mut steps = Vec::new();
    for payload in payloads {
        steps.push(Step::Run(Statement::rows(&sql.notify, &[payload])?));
    }
    if !steps.is_empty() {
        session.run(&steps).await?;
    }
    Ok(())
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

/// The number of the transaction.
pub(crate) async fn this_transaction(
    session: &mut impl Session,
    sql: &Statements,
) -> Result<i64, StoreError> {
    let statement = Statement::rows(&sql.this_transaction, &[])?;
    get(&only(rows(session, statement).await?)?, 0)
}

async fn rows<S: Session>(session: &mut S, statement: Statement<'_>) -> Result<Vec<S::Row>, StoreError> {
    let answers = session.run(&[Step::Run(statement)]).await?;
    Ok(answers.into_iter().next().map(|answer| answer.rows).unwrap_or_default())
}
