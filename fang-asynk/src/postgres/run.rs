//! One statement over one connection of a channel, with a deadline.

use super::connect::Channel;
use super::error::{pool_error, store_error};
use deadpool_postgres::{Object, Transaction as PoolTransaction};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::sql::{MAX_TRIES, session};
use futures_util::future::{join, join_all, join3};
use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, IsolationLevel, Row, Transaction};

pub(super) use super::param::{Param, plain, typed};

/// A statement that takes longer is given up, and its connection with it: the socket may be half
/// open. The server's own limit is the same, so that it does not go on by itself.
const DEADLINE: Duration = Duration::from_secs(30);

/// All rows of a statement.
pub(super) async fn query(
    channel: &Channel,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, StoreError> {
    again_if(StoreError::lost_a_race, || query_once(channel, sql, params)).await
}

/// Tries until the error is another one, but not for ever.
pub(super) async fn again_if<T, F: Future<Output = Result<T, StoreError>>>(
    is_worth_it: impl Fn(&StoreError) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError> {
    for _ in 1..MAX_TRIES {
        match attempt().await {
            Err(error) if is_worth_it(&error) => {}
            outcome => return outcome,
        }
    }
    attempt().await
}

async fn query_once(channel: &Channel, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let client = get(channel).await?;
    let work = async {
        if let Some(begin) = channel.begin {
            return alone(&client, begin, client.query_typed(sql, &typed(params))).await;
        }
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, &plain(params)).await
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// A statement in a transaction of its own, in one round trip: a pooler sees a single visit. The three
/// are polled in this order, so that is how they leave.
async fn alone<T>(
    client: &Object,
    begin: &str,
    statement: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let (begun, outcome, committed) =
        join3(client.batch_execute(begin), statement, client.batch_execute("COMMIT")).await;
    begun?;
    let value = outcome?;
    committed?;
    Ok(value)
}

/// All rows of a statement that sees what was there once another was over, in the same transaction and in
/// one round trip.
pub(super) async fn query_behind(
    channel: &Channel,
    before: (&str, &[Param<'_>]),
    then: (&str, &[Param<'_>]),
) -> Result<Vec<Row>, StoreError> {
    again_if(StoreError::lost_a_race, || query_behind_once(channel, before, then)).await
}

async fn query_behind_once(
    channel: &Channel,
    (before, before_params): (&str, &[Param<'_>]),
    (sql, params): (&str, &[Param<'_>]),
) -> Result<Vec<Row>, StoreError> {
    let client = get(channel).await?;
    let work = async {
        if let Some(begin) = channel.begin {
            let (before_params, params) = (typed(before_params), typed(params));
            let before = client.query_typed(before, &before_params);
            return alone(&client, begin, behind(before, client.query_typed(sql, &params))).await;
        }
        let (before, sql) = (client.prepare_cached(before).await?, client.prepare_cached(sql).await?);
        let (before_params, params) = (plain(before_params), plain(params));
        let before = client.query(&before, &before_params);
        alone(&client, "BEGIN", behind(before, client.query(&sql, &params))).await
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// What comes of a statement that was sent behind another.
async fn behind<A, B>(
    before: impl Future<Output = Result<A, Error>>,
    statement: impl Future<Output = Result<B, Error>>,
) -> Result<B, Error> {
    let (waited, outcome) = join(before, statement).await;
    waited.and(outcome)
}

/// All rows of a statement that makes unique tasks alive again. One that the server refuses for another like it, which
/// came since it looked, is sent again, and then sees that.
pub(super) async fn query_reviving(
    channel: &Channel,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, StoreError> {
    again_if(|error| error.nature() == Nature::Data, || query(channel, sql, params)).await
}

/// All rows of a statement, and after it, in the same round trip where that is safe, a statement for each of
/// these payloads. What becomes of those does not matter to the caller.
pub(super) async fn query_then(
    channel: &Channel,
    statement: (&str, &[Param<'_>]),
    then: (&str, &[Cow<'_, str>]),
) -> Result<Vec<Row>, StoreError> {
    let (sql, params) = statement;
    if then.1.is_empty() {
        return query(channel, sql, params).await;
    }
    again_if(StoreError::lost_a_race, || query_then_once(channel, statement, then)).await
}

async fn query_then_once(
    channel: &Channel,
    (sql, params): (&str, &[Param<'_>]),
    (then, payloads): (&str, &[Cow<'_, str>]),
) -> Result<Vec<Row>, StoreError> {
    let client = get(channel).await?;
    let work = async {
        if let Some(begin) = channel.begin {
            let rows = alone(&client, begin, client.query_typed(sql, &typed(params))).await?;
            // Not in the same round trip: what follows a commit at once may have its answer lost by the pooler. Nor in
            // the same transaction, which would fail with it.
            for payload in payloads {
                if let Err(error) = client.execute_typed(then, &[(payload, Type::TEXT)]).await {
                    log::debug!("an announcement was lost: {}", store_error(&error));
                }
            }
            return Ok(rows);
        }
        let statement = client.prepare_cached(sql).await?;
        let then = client.prepare_cached(then).await?;
        let plain = plain(params);
        let then = payloads.iter().map(|payload| client.execute_raw(&then, [payload.as_ref()]));
        // Polled in this order, so the server sees the first one first.
        join(client.query(&statement, &plain), join_all(then)).await.0
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// The only row of a statement.
pub(super) async fn query_one(channel: &Channel, sql: &str, params: &[Param<'_>]) -> Result<Row, StoreError> {
    let rows = query(channel, sql, params).await?;
    rows.into_iter().next().ok_or_else(|| StoreError::unreachable("the server sent no row".into()))
}

/// How many rows a statement changed.
pub(super) async fn execute(channel: &Channel, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
    again_if(StoreError::lost_a_race, || execute_once(channel, sql, params)).await
}

async fn execute_once(channel: &Channel, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
    let client = get(channel).await?;
    let work = async {
        if let Some(begin) = channel.begin {
            return alone(&client, begin, client.execute_typed(sql, &typed(params))).await;
        }
        let statement = client.prepare_cached(sql).await?;
        client.execute(&statement, &plain(params)).await
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// All rows of a statement within the application's transaction, which has prepared nothing.
pub(super) async fn query_in(
    transaction: &Transaction<'_>,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, StoreError> {
    transaction.query_typed(sql, &typed(params)).await.map_err(|error| store_error(&error))
}

/// A transaction of the library's own, for several statements.
pub(super) async fn begin<'a>(
    channel: &Channel,
    client: &'a mut Object,
) -> Result<PoolTransaction<'a>, StoreError> {
    let work = async {
        let transaction =
            client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
        if channel.begin.is_some() {
            transaction.batch_execute(session::GUARD_OF_TRANSACTION).await?;
        }
        Ok(transaction)
    };
    work.await.map_err(|error| store_error(&error))
}

pub(super) async fn commit(transaction: PoolTransaction<'_>) -> Result<(), StoreError> {
    transaction.commit().await.map_err(|error| store_error(&error))
}

/// How many rows a statement within such a transaction changed.
pub(super) async fn execute_in(
    channel: &Channel,
    transaction: &PoolTransaction<'_>,
    sql: &str,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let work = async {
        if channel.begin.is_some() {
            return transaction.execute_typed(sql, &typed(params)).await;
        }
        let statement = transaction.prepare_cached(sql).await?;
        transaction.execute(&statement, &plain(params)).await
    };
    work.await.map_err(|error| store_error(&error))
}

/// A connection of a channel.
pub(super) async fn get(channel: &Channel) -> Result<Object, StoreError> {
    channel.pool.get().await.map_err(|error| pool_error(&error))
}

/// What comes of statements, if that takes no longer than it may.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
    all_in_time(async { work.await.map_err(|error| store_error(&error)) }).await
}

/// The same of more than statements.
pub(super) async fn all_in_time<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let too_late = StoreError::Timeout { seconds: DEADLINE.as_secs() };
    tokio::time::timeout(DEADLINE, work).await.unwrap_or(Err(too_late))
}

/// Gives a connection back to its pool, or closes it when it did not answer.
pub(super) fn settle<T>(client: Object, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
    // A server that has become a standby refuses to write for ever; the primary is elsewhere.
    if matches!(outcome, Err(StoreError::Timeout { .. } | StoreError::ReadOnly { .. })) {
        drop(Object::take(client));
    }
    outcome
}
