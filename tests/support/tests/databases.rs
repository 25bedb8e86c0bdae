//! Every test gets a database of its own.

#![allow(clippy::unwrap_used)]

use fang_test_support::TestDatabase;

#[tokio::test]
async fn a_database_is_empty_and_belongs_to_one_test() {
    let first = TestDatabase::create().await.unwrap();
    let second = TestDatabase::create().await.unwrap();
    assert_ne!(first.name(), second.name());
    let client = first.client().await.unwrap();
    client.batch_execute("CREATE TABLE t ()").await.unwrap();

    let client = second.client().await.unwrap();
    let tables = client
        .query(
            "SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND current_database() = $1",
            &[&second.name()],
        )
        .await
        .unwrap();
    assert!(tables.is_empty());
}

#[tokio::test]
async fn a_database_is_dropped_even_while_clients_are_connected() {
    let witness = TestDatabase::create().await.unwrap();
    let witness = (witness.client().await.unwrap(), witness);
    let asked = TestDatabase::create().await.unwrap();
    let forgotten = TestDatabase::create().await.unwrap();
    let names = vec![asked.name().to_owned(), forgotten.name().to_owned()];
    let _connected = (asked.client().await.unwrap(), forgotten.client().await.unwrap());
    let left = "SELECT 1 FROM pg_database WHERE datname = ANY($1)";
    assert_eq!(witness.0.query(left, &[&names]).await.unwrap().len(), 2);

    asked.drop().await.unwrap();
    drop(forgotten);
    assert!(witness.0.query(left, &[&names]).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_databases_can_be_created_at_once() {
    let tasks: Vec<_> = (0..12).map(|_| tokio::spawn(TestDatabase::create())).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}
