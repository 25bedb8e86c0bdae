//! What a look costs that is made again and again.

use crate::shell::Shell;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const LOOKS: usize = 8;
const CALLS: &str =
    "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE '%' || $1 || '%'";

#[tokio::test]
async fn looks_of_top_read_again_only_what_may_have_changed() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let shell = Shell { database: TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap() };
    shell.says(&["migrate"]);
    let client = shell.database.client().await.unwrap();
    client.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    let mut top = shell.command(&["top", "--plain", "--json", "--interval", "500ms"]);
    let mut top = top.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(top.stdout.take().unwrap()).lines();
    assert_eq!(lines.take(LOOKS).filter(|line| line.is_ok()).count(), LOOKS);
    top.kill().unwrap();
    top.wait().unwrap();
    let calls = async |text: &str| client.query_one(CALLS, &[&text]).await.unwrap().get::<_, i64>(0);
    assert_eq!(calls("FROM fang_minutes").await, 1);
    // The first look reads them after the minutes once more. One more look may have begun before the end.
    let of_workers = calls("FROM fang_workers").await;
    assert!(of_workers > LOOKS as i64, "rates are read each time");
    assert!(of_workers <= LOOKS as i64 + 2, "and once: {of_workers}");
    let of_waiting = calls("WITH RECURSIVE waiting (place").await;
    assert!((1..=LOOKS as i64 + 1).contains(&of_waiting), "and what waits at most once: {of_waiting}");
    // Each command asks it when it connects, and the first look asks it twice.
    assert!(calls("SELECT now()").await < LOOKS as i64, "the clock is asked in between");
}
