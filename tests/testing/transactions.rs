//! Tasks are inserted and asserted within a transaction of the test.

use crate::{resize, server, welcome};
use fang::testing::{
    Asynk, Inspect, TestSchema, assert_inserted, inserted, refute_inserted, transaction, transaction_blocking,
};
use fang::{AsyncQueue, FangError, PgConnection};
use tokio_postgres::NoTls;

pub(crate) async fn client(uri: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The task of a transaction is seen within it, and not by the queue.
async fn are_seen_within(within: &impl Inspect<Asynk>, queue: &AsyncQueue) {
    assert_inserted!(*within, welcome, { "user": 7 }, count = 1).await;
    refute_inserted!(*within, welcome, { "user": 8 }).await;
    assert_eq!(inserted(within).await.len(), 1);
    refute_inserted!(*queue, welcome).await;
}

#[tokio::test]
async fn tasks_of_a_transaction_are_asserted_within_it() {
    let db = TestSchema::at(server()).await;
    let (queue, mut client) = (db.queue(), client(db.uri()).await);
    let sign_up = client.transaction().await.unwrap();
    queue.insert_tasks_in(&sign_up, vec![welcome(7)]).await.unwrap();
    are_seen_within(&transaction(&queue, &sign_up), &queue).await;
    sign_up.rollback().await.unwrap();
    refute_inserted!(queue, welcome).await;
}

#[cfg(feature = "sqlx")]
#[tokio::test]
async fn tasks_of_a_transaction_of_sqlx_are_asserted_within_it() {
    use fang::testing::transaction_sqlx;
    use sqlx::Connection;
    let db = TestSchema::at(server()).await;
    let queue = db.queue();
    let mut connection = sqlx::PgConnection::connect(db.uri()).await.unwrap();
    let mut sign_up = connection.begin().await.unwrap();
    queue.insert_tasks_in_sqlx(&mut sign_up, vec![welcome(7)]).await.unwrap();
    are_seen_within(&transaction_sqlx(&queue, &mut sign_up), &queue).await;
    sign_up.rollback().await.unwrap();
    refute_inserted!(queue, welcome).await;
}

#[test]
fn tasks_of_a_blocking_transaction_are_asserted_within_it() {
    use diesel::Connection;
    let db = TestSchema::at_blocking(server());
    let queue = db.queue_blocking();
    let mut connection = PgConnection::establish(db.uri()).unwrap();
    connection.test_transaction(|connection| {
        queue.insert_tasks_in(connection, vec![resize(7)])?;
        let within = transaction_blocking(&queue, connection);
        assert_inserted!(within, resize, { "picture": 7 }, count = 1);
        assert_eq!(inserted(&within).len(), 1);
        refute_inserted!(queue, resize);
        Ok::<_, FangError>(())
    });
    refute_inserted!(queue, resize);
}
