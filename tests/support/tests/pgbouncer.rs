//! PgBouncer between a client and the server.

#![allow(clippy::unwrap_used)]

use fang_test_support::{PgBouncer, TestDatabase};
use std::collections::HashSet;

#[tokio::test]
async fn the_statements_of_one_client_are_spread_over_all_sessions() {
    let database = TestDatabase::create().await.unwrap();
    let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
    let client = bouncer.client().await.unwrap();
    let mut sessions = HashSet::new();
    for _ in 0..12 {
        let rows = client.query_typed("SELECT pg_backend_pid()", &[]).await.unwrap();
        sessions.insert(rows[0].get::<_, i32>(0));
    }
    assert_eq!(sessions.len(), 3);
}

#[tokio::test]
async fn pgbouncer_ends_when_its_value_is_dropped() {
    let database = TestDatabase::create().await.unwrap();
    let bouncer = PgBouncer::start(database.uri(), 1).await.unwrap();
    let uri = bouncer.uri().to_owned();
    drop(bouncer);
    assert!(tokio_postgres::connect(&uri, tokio_postgres::NoTls).await.is_err());
}
