//! Sends the steps of a session in one round trip.

use deadpool_postgres::ClientWrapper;
use fang_core::StoreError;
use fang_postgres::{Answer, Row, Statement, Step, Wanted, lost_notification};
use futures_util::future::{MaybeDone, maybe_done};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Error, Statement as Prepared};

use super::error::store_error;

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// A row of the driver. Its columns are read without a copy.
pub(crate) struct TokioRow(pub(super) tokio_postgres::Row);

impl Row for TokioRow {
    fn raw(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        let Raw(bytes) = self.0.try_get(index).map_err(|error| store_error(&error))?;
        Ok(bytes)
    }
}

/// The bytes of a column of any type.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The outcome of a step. Only a statement has an answer.
type Outcome = Result<Option<Answer<TokioRow>>, Error>;

/// Sends the steps in order and waits for all answers. If a [`Step::Aside`] fails, the other steps do not fail with
/// it.
///
/// With `is_pooled`, statements are not prepared, and each [`Step::Aside`] is sent after the answers to the other
/// steps have arrived: the pooler may lose the answer to a statement that follows a commit at once. It is not sent
/// within the transaction, because the transaction would fail with it.
pub(super) async fn send(
    client: &ClientWrapper,
    steps: &[Step<'_>],
    is_pooled: bool,
) -> Result<Vec<Answer<TokioRow>>, Error> {
    let prepared = prepared(client, steps, is_pooled).await?;
    let all = || steps.iter().zip(&prepared);
    let stands_aside = |(step, _): &(&Step<'_>, _)| matches!(step, Step::Aside(_));
    let first = all().filter(|step| !is_pooled || !stands_aside(step));
    let answers = in_order(first.map(|(step, prepared)| take(client, step, prepared.as_ref()))).await;
    let answers = answers.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    if is_pooled {
        in_order(all().filter(stands_aside).map(|(step, _)| take(client, step, None))).await;
    }
    Ok(answers)
}

async fn prepared(
    client: &ClientWrapper,
    steps: &[Step<'_>],
    is_pooled: bool,
) -> Result<Vec<Option<Prepared>>, Error> {
    let mut prepared = Vec::with_capacity(steps.len());
    for step in steps {
        prepared.push(match step {
            Step::Run(statement) | Step::Aside(statement) if !is_pooled => {
                Some(client.prepare_cached(statement.sql()).await?)
            }
            _ => None,
        });
    }
    Ok(prepared)
}

async fn take(client: &ClientWrapper, step: &Step<'_>, prepared: Option<&Prepared>) -> Outcome {
    match step {
        Step::Begin(sql) | Step::Batch(sql) => client.batch_execute(sql).await.map(|()| None),
        Step::Commit => client.batch_execute("COMMIT").await.map(|()| None),
        Step::Run(statement) => run(client, statement, prepared).await.map(Some),
        Step::Aside(statement) => {
            if let Err(error) = run(client, statement, prepared).await {
                lost_notification(&store_error(&error));
            }
            Ok(None)
        }
    }
}

async fn run(
    client: &ClientWrapper,
    statement: &Statement<'_>,
    prepared: Option<&Prepared>,
) -> Result<Answer<TokioRow>, Error> {
    match (statement.wanted(), prepared) {
        (Wanted::Rows, Some(prepared)) => client.query(prepared, &plain(statement)).await.map(rows),
        (Wanted::Rows, None) => client.query_typed(statement.sql(), &typed(statement)).await.map(rows),
        (Wanted::Count, Some(prepared)) => {
            client.execute(prepared, &plain(statement)).await.map(Answer::of_count)
        }
        (Wanted::Count, None) => {
            client.execute_typed(statement.sql(), &typed(statement)).await.map(Answer::of_count)
        }
    }
}

pub(super) fn rows(rows: Vec<tokio_postgres::Row>) -> Answer<TokioRow> {
    Answer::of_rows(rows.into_iter().map(TokioRow).collect())
}

/// The parameters of a prepared statement, for the driver.
fn plain<'a>(statement: &'a Statement<'_>) -> Vec<&'a (dyn ToSql + Sync)> {
    statement.params().iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

/// The parameters of a statement that is not prepared, with their types, for the driver.
pub(super) fn typed<'a>(statement: &'a Statement<'_>) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    let typed = statement.params().iter();
    typed.map(|param| (param as &(dyn ToSql + Sync), param.sql_type().clone())).collect()
}

/// Polls futures in this order, so that they send in this order. Returns all outcomes.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<MaybeDone<F>>>> =
        futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|cx| {
        let pending =
            running.iter_mut().filter_map(|one| one.as_mut().poll(cx).is_pending().then_some(())).count();
        if pending > 0 { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.iter_mut().filter_map(|one| one.as_mut().take_output()).collect()
}
