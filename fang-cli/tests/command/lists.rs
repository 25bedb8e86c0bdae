//! The list of tasks: its filters and its pages.

use crate::shell::{Shell, bare};
use serde_json::Value;

/// The ids of the tasks in a list.
fn ids(shell: &Shell, arguments: &[&str]) -> Vec<String> {
    let listed = shell.json(&[&["tasks"], arguments].concat());
    let ids = listed["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[tokio::test]
async fn tasks_lists_what_matches_the_newest_first_and_never_a_payload() {
    let shell = Shell::open().await;
    let one = shell.insert(&["Mail", r#"{"secret":"hunter2"}"#, "--task-type", "mail", "--tag", "ada"]);
    let other = shell.failed(&["Mail", r#"{"secret":"hunter2"}"#, "--priority", "low"]);
    let third = shell.insert(&["Report", "{}", "--tag", "ada"]);
    let ids = |arguments: &[&str]| ids(&shell, arguments);
    assert_eq!(ids(&[]), [&*third, &other, &one]);
    assert_eq!(ids(&["--state", "failed"]), [&*other]);
    assert_eq!(ids(&["--task-type", "mail"]), [&*one]);
    assert_eq!(ids(&["--tag", "ada"]), [&*third, &one]);
    assert_eq!(ids(&["--state", "waiting"]), [&*third, &one]);
    assert_eq!(ids(&["--kind", "Mail"]), [&*other, &one]);
    assert_eq!(ids(&["--error", "CANCEL"]), [&*other]);
    assert_eq!(ids(&["--priority", "low"]), [&*other]);
    assert!(ids(&["--priority", "low", "--state", "waiting"]).is_empty());
    assert_eq!(ids(&["--newer-than", "1h", "--kind", "Report"]), [&*third]);
    assert!(ids(&["--older-than", "1h"]).is_empty() && ids(&["--state", "running"]).is_empty());
    assert_eq!(ids(&["--payload", "secret=hunter2"]), [&*other, &one]);
    assert_eq!(ids(&["--payload-json", r#"{"secret":"hunter2"}"#, "--state", "failed"]), [&*other]);
    assert!(ids(&["--payload", "secret=hunter3"]).is_empty());
    assert!(ids(&["--payload-json", r#"{"secret":"hunter3"}"#]).is_empty());
    let (plain, json) = (shell.says(&["tasks"]), shell.says(&["tasks", "--json"]));
    assert!(plain.contains("cancelled") && plain.lines().count() == 4, "{plain}");
    assert!(!plain.contains("hunter2") && !json.contains("hunter2"), "{plain}{json}");
}

#[tokio::test]
async fn a_page_tells_the_command_for_the_next_one_and_how_far_it_has_looked() {
    let shell = Shell::open().await;
    let mut all: Vec<_> = (0..3).map(|_| shell.insert(&["Mail", "{}"])).collect();
    all.reverse();
    let plain = shell.says(&["tasks", "--limit", "2", "--kind", "Mail"]);
    let command = plain.lines().last().unwrap();
    let expected = "looked at 2 tasks; for the next ones: fang tasks --limit 2 --kind Mail --after ";
    assert!(command.starts_with(expected), "{plain}");
    let cursor = command.rsplit(' ').next().unwrap();
    assert_eq!(ids(&shell, &["--limit", "2", "--after", cursor]), all[2..]);
    let page = shell.json(&["tasks", "--limit", "2"]);
    assert_eq!((page["looked"].as_u64(), page["next"].as_str()), (Some(2), Some(cursor)));
    let last = shell.json(&["tasks", "--limit", "2", "--after", cursor]);
    assert_eq!(last["next"], Value::Null);
    let uri = shell.database.uri();
    let named = bare(&["tasks", "--limit", "2", "--database-url", uri]).output().unwrap();
    assert!(!String::from_utf8(named.stdout).unwrap().contains(uri), "an address may have a password");
}

#[tokio::test]
async fn a_page_goes_on_while_nothing_matches_and_stops_after_a_hundred_thousand_tasks() {
    let shell = Shell::open().await;
    let rare = shell.insert(&["Mail", "{}", "--tag", "rare"]);
    let client = shell.database.client().await.unwrap();
    let many = "INSERT INTO fang_tasks (id, metadata) SELECT ('ffffffff-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, \
                '{\"type\":\"Mail\"}' FROM generate_series(1, 100000) n";
    client.batch_execute(many).await.unwrap();
    let page = shell.json(&["tasks", "--tag", "rare"]);
    assert_eq!((page["tasks"].as_array().unwrap().len(), page["looked"].as_u64()), (0, Some(100_000)));
    let next = page["next"].as_str().unwrap();
    assert_eq!(ids(&shell, &["--tag", "rare", "--after", next]), [rare]);
    let text = shell.refuses(&["cancel", "--tag", "rare"]);
    let expected =
        "at least 0 of the first 100000 tasks looked at would be cancelled, and all others that match";
    assert!(text.contains(expected), "{text}");
}
