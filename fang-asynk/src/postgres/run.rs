//! One statement over one connection of a pool, with a deadline.

use super::error::{pool_error, store_error};
use deadpool_postgres::{Object, Pool};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::sql::MAX_TRIES;
use futures_util::future::join_all;
use std::future::Future;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row, Transaction};

pub(super) type Param<'a> = &'a (dyn ToSql + Sync);

/// A statement that takes longer is given up, and its connection with it: the socket may be half
/// open. The server's own limit is the same, so that it does not go on by itself.
const DEADLINE: Duration = Duration::from_secs(30);

/// All rows of a prepared statement.
pub(super) async fn query(pool: &Pool, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    for _ in 1..MAX_TRIES {
        match query_once(pool, sql, params).await {
            Err(error) if error.lost_a_race() => {}
            outcome => return outcome,
        }
    }
    query_once(pool, sql, params).await
}

async fn query_once(pool: &Pool, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let client = get(pool).await?;
    let work = async {
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, params).await
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// All rows of a statement that makes unique tasks alive again. One that the server refuses for another like it, which
/// came since it looked, is sent again, and then sees that.
pub(super) async fn query_reviving(
    pool: &Pool,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, StoreError> {
    for _ in 1..MAX_TRIES {
        match query(pool, sql, params).await {
            Err(error) if error.nature() == Nature::Data => {}
            outcome => return outcome,
        }
    }
    query(pool, sql, params).await
}

/// All rows of a prepared statement, and after it, in the same round trip, a statement for each of
/// `topics`. What becomes of those does not matter to the caller.
pub(super) async fn query_then(
    pool: &Pool,
    (sql, params): (&str, &[Param<'_>]),
    (then, topics): (&str, &[&str]),
) -> Result<Vec<Row>, StoreError> {
    if topics.is_empty() {
        return query(pool, sql, params).await;
    }
    let client = get(pool).await?;
    let work = async {
        let statement = client.prepare_cached(sql).await?;
        let then = client.prepare_cached(then).await?;
        // Polled in this order, so the server sees the first one first.
        let (rows, _) = tokio::join!(
            client.query(&statement, params),
            join_all(topics.iter().map(|topic| client.execute_raw(&then, [*topic]))),
        );
        rows
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// The only row of a prepared statement.
pub(super) async fn query_one(pool: &Pool, sql: &str, params: &[Param<'_>]) -> Result<Row, StoreError> {
    let rows = query(pool, sql, params).await?;
    rows.into_iter().next().ok_or_else(|| StoreError::unreachable("the server sent no row".into()))
}

/// How many rows a prepared statement changed.
pub(super) async fn execute(pool: &Pool, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
    for _ in 1..MAX_TRIES {
        match execute_once(pool, sql, params).await {
            Err(error) if error.lost_a_race() => {}
            outcome => return outcome,
        }
    }
    execute_once(pool, sql, params).await
}

async fn execute_once(pool: &Pool, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
    let client = get(pool).await?;
    let work = async {
        let statement = client.prepare_cached(sql).await?;
        client.execute(&statement, params).await
    };
    let outcome = in_time(work).await;
    settle(client, outcome)
}

/// All rows of a statement within the application's transaction, which has prepared nothing.
pub(super) async fn query_in(
    transaction: &Transaction<'_>,
    sql: &str,
    params: &[(Param<'_>, Type)],
) -> Result<Vec<Row>, StoreError> {
    transaction.query_typed(sql, params).await.map_err(|error| store_error(&error))
}

/// A connection of a pool.
pub(super) async fn get(pool: &Pool) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| pool_error(&error))
}

async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Option<Result<T, Error>> {
    tokio::time::timeout(DEADLINE, work).await.ok()
}

/// Gives a connection back to its pool, or closes it when it did not answer.
fn settle<T>(client: Object, outcome: Option<Result<T, Error>>) -> Result<T, StoreError> {
    match outcome {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => {
            // A server that has become a standby refuses to write for ever; the primary is elsewhere.
            if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
                drop(Object::take(client));
            }
            Err(store_error(&error))
        }
        None => {
            drop(Object::take(client));
            Err(StoreError::Timeout { seconds: DEADLINE.as_secs() })
        }
    }
}
