//! What a look costs that is made again and again.

use crate::shell::Shell;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use tokio_postgres::Client;

const LOOKS: usize = 8;
const CALLS: &str =
    "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE '%' || $1 || '%'";

/// A server that needs a fifth of a second for a page of pools, of which there are two.
const SLOW: &str = "
    INSERT INTO fang_workers (info) SELECT '{}' FROM generate_series(1, 60);
    ALTER TABLE fang_workers RENAME TO pools;
    CREATE VIEW fang_workers AS SELECT pools.* FROM (SELECT pg_sleep(0.2)) late, pools";

/// The client of a database with these tables, after so many looks of `fang top`.
async fn looked(shell: &Shell, tables: &str) -> Client {
    shell.says(&["migrate"]);
    let client = shell.database.client().await.unwrap();
    client.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    client.batch_execute(tables).await.unwrap();
    let mut top = shell.command(&["top", "--plain", "--json", "--interval", "500ms"]);
    let mut top = top.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(top.stdout.take().unwrap()).lines();
    assert_eq!(lines.take(LOOKS).filter(|line| line.is_ok()).count(), LOOKS);
    top.kill().unwrap();
    top.wait().unwrap();
    client
}

async fn calls(client: &Client, text: &str) -> i64 {
    client.query_one(CALLS, &[&text]).await.unwrap().get(0)
}

#[tokio::test]
async fn looks_of_top_read_again_only_what_may_have_changed() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let shell = Shell { database: TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap() };
    let client = looked(&shell, "").await;
    assert_eq!(calls(&client, "FROM fang_minutes").await, 1);
    // The first look reads them after the minutes once more. One more look may have begun before the end. On a busy machine a
    // read takes so long that some looks tell its answer again.
    let of_workers = calls(&client, "FROM fang_workers\nWHERE id > ").await;
    assert!(of_workers > 2, "rates are read again");
    assert!(of_workers <= LOOKS as i64 + 2, "and once: {of_workers}");
    let of_waiting = calls(&client, "WITH RECURSIVE waiting (place").await;
    assert!((1..=LOOKS as i64 + 1).contains(&of_waiting), "and what waits at most once: {of_waiting}");
    // Each command asks it when it connects, and the first look asks it twice.
    assert!(calls(&client, "SELECT now()").await < LOOKS as i64, "the clock is asked in between");
}

#[tokio::test]
async fn pools_that_take_long_to_read_are_told_again() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let shell = Shell { database: TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap() };
    let client = looked(&shell, SLOW).await;
    // Two pages before the minutes and two after them, which then are told again for longer than these looks last.
    assert_eq!(calls(&client, "FROM fang_workers\nWHERE id > ").await, 4);
}
