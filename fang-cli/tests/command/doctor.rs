//! The doctor: its lines, its JSON and its exit codes. The tests of fang-asynk provoke each of its findings.

use crate::shell::{Shell, bare, reason};
use fang_test_support::{Cluster, Durability, PgBouncer, TestDatabase};
use serde_json::json;
use std::process::Output;

fn plain(output: &Output) -> (Option<i32>, String) {
    assert!(output.stderr.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap())
}

#[tokio::test]
async fn the_exit_code_tells_whether_anything_was_found() {
    let cluster = Cluster::create(Durability::Durable).unwrap();
    let shell = Shell { database: TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap() };
    let (code, text) = plain(&shell.command(&["doctor"]).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error no-tables: ") && text.contains("; to do: run `fang migrate`"), "{text}");
    shell.says(&["migrate"]);
    assert_eq!(shell.says(&["doctor"]), "nothing found\n");
    assert_eq!(shell.json(&["doctor"]), json!([]));
    shell.database.client().await.unwrap().batch_execute("DROP INDEX fang_tasks_kept").await.unwrap();
    let (code, text) = plain(&shell.command(&["doctor", "--json"]).output().unwrap());
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &found[0]["code"], &found[0]["severity"]),
        (Some(1), &"missing-index".into(), &"error".into())
    );
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert!(found[0]["what"].is_string() && found[0]["what_to_do"].is_string());
}

#[tokio::test]
async fn a_doctor_that_cannot_look_fails() {
    let output = bare(&["doctor", "--database-url", "postgres://ada@127.0.0.1:1/app"]).output().unwrap();
    assert!(reason(&output).contains("cannot be reached"));
    let shell = Shell::open().await;
    let bouncer = PgBouncer::start(shell.database.uri(), 2).await.unwrap();
    let output = shell.command(&["doctor", "--database-url", bouncer.uri()]).output().unwrap();
    assert!(reason(&output).contains("add --pgbouncer"));
}
