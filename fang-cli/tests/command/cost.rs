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
    // The first look reads the minutes, and the workers after them once more.
    assert_eq!((calls("FROM fang_minutes").await, calls("FROM fang_workers").await), (1, LOOKS as i64 + 1));
    // One of them is asked when the command connects, and one for the minutes.
    assert!(calls("SELECT now()").await <= 3, "the clock is asked in between");
}
