//! The server: clocks, transactions that keep dead rows, durability, poolers.

use crate::ward::{Ward, findings, queue};
use fang_core::store::Finding;
use fang_test_support::{Cluster, Durability, PgBouncer, TestDatabase};
use std::time::Duration;

/// The finding of this code, once the statistics of the server tell it, which a busy server delays.
pub(crate) async fn until(ward: &Ward, code: &str) -> Finding {
    for _ in 0..600 {
        if let Some(found) = ward.findings().await.into_iter().find(|finding| finding.code == code) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{code} is not found: {:#?}", ward.findings().await);
}

#[tokio::test]
async fn clocks_that_differ_and_old_transactions_are_found() {
    let cluster = Cluster::create_with_clock().unwrap();
    let uri = cluster.uri("postgres");
    let first = TestDatabase::create_in(&uri).await.unwrap();
    let settings = "ALTER SYSTEM SET max_prepared_transactions = 2";
    first.client().await.unwrap().batch_execute(settings).await.unwrap();
    first.drop().await.unwrap();
    cluster.restart_immediate().unwrap();
    let ward = Ward::empty(TestDatabase::create_in(&uri).await.unwrap()).await;
    ward.queue.migrate().await.unwrap();
    let other = ward.database.client().await.unwrap();
    let secret = "SET application_name = 'report'; BEGIN; SELECT 'hunter2', pg_current_xact_id()";
    other.batch_execute("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'two'").await.unwrap();
    other.batch_execute(secret).await.unwrap();
    assert_eq!(ward.codes().await, [""; 0]);
    cluster.set_clock("+10m").unwrap();
    let found = ward.findings().await;
    let mut codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["clocks-apart", "long-transaction", "prepared-transaction"], "{found:#?}");
    let told = format!("{found:?}");
    assert!(told.contains("application report") && told.contains("open for 10 min"), "{told}");
    assert!(told.contains("behind that of the database") && !told.contains("hunter2"), "{told}");
    ward.run("ROLLBACK PREPARED 'two'").await;
    other.batch_execute("COMMIT").await.unwrap();
    ward.only("clocks-apart").await;
}

#[tokio::test]
async fn settings_with_which_a_crash_loses_tasks_are_found() {
    let ward = Ward::open().await;
    ward.run(&format!("ALTER DATABASE {} SET synchronous_commit = off", ward.database.name())).await;
    let found = findings(&queue(ward.database.uri())).await;
    assert_eq!(found[0].code, "commits-may-be-lost", "{found:?}");
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let found = fang_asynk::AsyncBackend::admin(&queue(database.uri())).unwrap().examine().await.unwrap();
    let fsync = found.iter().filter(|finding| finding.code == "not-crash-safe");
    assert!(fsync.map(|finding| &finding.what).any(|what| what.starts_with("fsync is off")), "{found:?}");
}

#[tokio::test]
async fn a_database_that_takes_no_changes_is_found() {
    let ward = Ward::open().await;
    ward.run(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", ward.database.name()))
        .await;
    let found = findings(&queue(ward.database.uri())).await;
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["read-only"]);
}

#[tokio::test]
async fn autovacuum_that_is_off_is_found() {
    let cluster = Cluster::create_with("autovacuum = off").unwrap();
    let ward = Ward::empty(TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap()).await;
    ward.queue.migrate().await.unwrap();
    ward.only("autovacuum-off").await;
}

#[tokio::test]
async fn a_pooler_that_the_queue_does_not_know_is_found() {
    let ward = Ward::open().await;
    for connections in [1, 2] {
        let bouncer = PgBouncer::start(ward.database.uri(), connections).await.unwrap();
        let found = findings(&queue(bouncer.uri())).await;
        assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["pooler"], "{found:?}");
        assert!(found[0].what_to_do.contains("pgbouncer(true)"), "{found:?}");
    }
}
