//! Limits on connections.

use crate::ward::Ward;
use fang_test_support::TestDatabase;

#[tokio::test]
async fn a_server_with_fewer_connections_than_the_pools_may_open_is_found() {
    let ward = Ward::open().await;
    let pools = "INSERT INTO fang_workers (info, session) SELECT '{}', '0 1' FROM generate_series(1, 100)";
    ward.run(pools).await;
    let found = ward.only("connections-short").await;
    assert!(found.what.starts_with("100 running pools open up to 500 connections"), "{found:?}");
    ward.run("UPDATE fang_workers SET session = NULL WHERE id % 2 = 0").await;
    assert_eq!(ward.codes().await, [""; 0], "a pool behind a pooler has no connection of its own");
}

/// A superuser meets no limit but that of the server.
#[tokio::test]
async fn limits_of_the_database_and_of_a_role_are_found() {
    let ward = Ward::open().await;
    let role = ward.role("small", |role| format!("ALTER ROLE {role} CONNECTION LIMIT 4")).await;
    let (client, connection) = tokio_postgres::connect(&role.uri, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let session = client.query_one("SELECT pg_backend_pid() || ' 1'", &[]).await.unwrap();
    let session: &str = session.get(0);
    ward.run(&format!("INSERT INTO fang_workers (info, session) VALUES ('{{}}', '{session}')")).await;
    let found = ward.only("connections-short").await;
    assert!(found.what.contains(&format!("the role {} allows 4", role.name)), "{found:?}");
    let limit = |most: i32| format!("ALTER DATABASE {} CONNECTION LIMIT {most}", ward.database.name());
    ward.run(&format!("ALTER ROLE {} CONNECTION LIMIT -1; {}", role.name, limit(4))).await;
    let found = ward.only("connections-short").await;
    assert!(found.what.contains("the database allows 4"), "{found:?}");
    ward.run(&limit(3)).await;
    assert_eq!(ward.codes().await, ["connections-used-up", "connections-short"]);
    ward.run(&limit(-1)).await;
    drop(client);
    connection.await.unwrap().unwrap();
    ward.drop_role(role).await;
}

/// Without the tables as well.
#[tokio::test]
async fn a_limit_that_is_nearly_reached_is_found() {
    let ward = Ward::empty(TestDatabase::create().await.unwrap()).await;
    ward.run(&format!("ALTER DATABASE {} CONNECTION LIMIT 2", ward.database.name())).await;
    assert_eq!(ward.codes().await, ["no-tables", "connections-used-up"]);
}
