//! Changes of all tasks that match a filter.

use crate::shell::{Shell, reason};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio_postgres::Client;

#[tokio::test]
async fn all_tasks_that_match_are_changed_after_a_confirmation() {
    let shell = Shell::open().await;
    let mail = shell.failed(&["Mail", r#"{"user":{"id":7}}"#, "--task-type", "mail"]);
    let report = shell.failed(&["Report", "{}"]);
    for (filter, tasks) in [
        (&["--failed"][..], "2 tasks"),
        (&["--kind", "Mail"], "1 task"),
        (&["--task-type", "common"], "1 task"),
    ] {
        let text = shell.refuses(&[&["retry"], filter].concat());
        assert!(text.contains(&format!("{tasks} would be retried")) && text.contains("--yes"), "{text}");
    }
    assert_eq!((shell.state(&mail), shell.state(&report)), ("failed".into(), "failed".into()));
    assert_eq!(shell.says(&["retry", "--failed", "--kind", "Other"]), "0 tasks were retried\n");
    assert_eq!(shell.says(&["retry", "--payload", "user.id=7", "--yes"]), "1 task was retried\n");
    assert_eq!((shell.state(&mail), shell.state(&report)), ("retried".into(), "failed".into()));
    let told = shell.json(&["retry", "--failed", "--error", "cancelled", "--yes"]);
    assert_eq!(
        (&told["change"], &told["changed"], &told["left_alone"]),
        (&"retried".into(), &1.into(), &0.into())
    );
    assert_eq!(shell.state(&report), "retried");
}

#[tokio::test]
async fn each_change_works_on_the_tasks_that_suit_it() {
    let shell = Shell::open().await;
    let failed = shell.failed(&["Mail", "{}"]);
    let (one, other) = (shell.insert(&["Mail", "{}"]), shell.insert(&["Mail", "{}", "--delay", "1h"]));
    let all = ["--kind", "Mail", "--yes"];
    let says = |arguments: &[&str]| shell.says(&[arguments, &all].concat());
    assert_eq!(says(&["priority", "--to", "high"]), "2 tasks were prioritized\n");
    assert_eq!(says(&["reschedule", "--at", "2099-01-01T00:00:00Z"]), "2 tasks were rescheduled\n");
    for id in [&one, &other] {
        let shown = shell.json(&["show", id]);
        assert_eq!(
            (&shown["priority"], &shown["scheduled_at"]),
            (&"high".into(), &"2099-01-01T00:00:00Z".into())
        );
    }
    assert_eq!(shell.json(&["show", &failed])["priority"], "normal");
    assert_eq!(says(&["cancel"]), "2 tasks were cancelled\n");
    assert_eq!(shell.state(&one), "failed");
    assert_eq!(says(&["remove", "--state", "failed"]), "3 tasks were removed\n");
    assert_eq!(shell.says(&["tasks"]), "none\n");
}

/// Waits until a statement waits for a lock.
async fn until_blocked(client: &Client, database: &str) {
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
    while client.query_one(blocked, &[&database]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// 1,500 failed tasks, and a change of them by filter that waits for a lock in its first batch.
async fn blocked(shell: &Shell, arguments: &[&str]) -> (Child, Client) {
    let client = shell.database.client().await.unwrap();
    let many = "INSERT INTO fang_tasks (id, metadata, state) SELECT gen_random_uuid(), '{\"type\":\"Mail\"}', 'failed' \
                FROM generate_series(1, 1500)";
    client.batch_execute(many).await.unwrap();
    client.batch_execute("BEGIN; LOCK TABLE fang_tasks IN SHARE MODE").await.unwrap();
    let mut command = shell.command(arguments);
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Within a transaction, the activity would be that of its first look.
    until_blocked(&shell.database.client().await.unwrap(), shell.database.name()).await;
    (running, client)
}

fn terminate(running: &Child) {
    assert!(Command::new("kill").args(["-TERM", &running.id().to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn an_interrupt_stops_between_two_batches_and_says_what_was_done() {
    let shell = Shell::open().await;
    let arguments = ["retry", "--failed", "--yes", "--full-speed"];
    let (running, client) = blocked(&shell, &arguments).await;
    terminate(&running);
    client.batch_execute("COMMIT").await.unwrap();
    let text = reason(&running.wait_with_output().unwrap());
    let expected = "interrupted; 1000 tasks were retried before";
    assert!(text.contains(expected) && text.contains("fang retry --failed --yes --full-speed"), "{text}");
    assert_eq!(shell.says(&arguments), "500 tasks were retried\n");
}

#[tokio::test]
async fn by_default_a_batch_is_small_and_a_pause_follows_that_an_interrupt_ends() {
    let shell = Shell::open().await;
    let arguments = ["retry", "--failed", "--yes"];
    let (running, client) = blocked(&shell, &arguments).await;
    // The pause is twice as long as the batch took.
    tokio::time::sleep(Duration::from_millis(500)).await;
    client.batch_execute("COMMIT").await.unwrap();
    let retried = "SELECT count(*) FROM fang_tasks WHERE state = 'retried'";
    while client.query_one(retried, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
    terminate(&running);
    let text = reason(&running.wait_with_output().unwrap());
    assert!(text.contains("interrupted; 100 tasks were retried before"), "{text}");
    assert_eq!(shell.says(&arguments), "1400 tasks were retried\n");
}
