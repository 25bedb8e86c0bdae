//! Crons.

use crate::shell::Shell;
use fang_asynk::{AsyncQueue, NoTls};
use fang_core::{AsyncQueueable, Cron, NewTask, Scheduled};
use std::time::Duration;

#[tokio::test]
async fn crons_are_listed_run_paused_resumed_and_removed() {
    let shell = Shell::open().await;
    let queue = AsyncQueue::<NoTls>::builder().uri(shell.database.uri()).build();
    let cron = Cron::new("0 9 * * *").time_zone("Europe/Berlin");
    let report = NewTask::of_kind("Report", serde_json::json!({})).cron(Scheduled::Cron(cron));
    let name = report.cron_name();
    queue.schedule(report).await.unwrap();
    let every = Cron::every(Duration::from_secs(2 * 60 * 60));
    let poll = NewTask::of_kind("Poll", serde_json::json!({})).cron(Scheduled::Cron(every));
    let poll_name = poll.cron_name();
    queue.schedule(poll).await.unwrap();
    let first = shell.json(&["crons", "next", &poll_name, "-n", "1"])["ticks"][0].clone();
    assert_eq!(first, shell.json(&["crons"])[0]["next_tick"], "the tick whose task waits");
    shell.says(&["crons", "remove", &poll_name]);
    let listed = shell.json(&["crons"]);
    assert_eq!((&listed[0]["kind"], &listed[0]["time_zone"]), (&"Report".into(), &"Europe/Berlin".into()));
    assert!(shell.says(&["crons"]).contains("0 9 * * *"));
    let next = shell.json(&["crons", "next", &name, "-n", "3"])["ticks"].clone();
    assert_eq!((next.as_array().unwrap().len(), &next[0]), (3, &listed[0]["next_tick"]));
    assert!(next[0].as_str() < next[1].as_str() && next[1].as_str() < next[2].as_str());
    let run = shell.json(&["crons", "run", &name]);
    assert_eq!(shell.json(&["show", run["id"].as_str().unwrap()])["kind"], "Report");
    assert_eq!(shell.json(&["crons", "pause", &name])["is_changed"], true);
    assert_eq!(shell.says(&["crons", "pause", &name]), format!("{name}: was paused already\n"));
    assert!(shell.json(&["crons"])[0]["paused_at"].is_string());
    assert_eq!(shell.json(&["status"])["crons"]["paused"], 1);
    assert_eq!(shell.json(&["crons", "resume", &name])["is_paused"], false);
    shell.says(&["crons", "remove", &name]);
    assert_eq!(shell.says(&["crons"]), "none\n");
    for action in ["next", "run", "pause", "resume", "remove"] {
        let text = shell.refuses(&["crons", action, &name]);
        assert!(text.contains("`fang crons` lists them"), "{text}");
    }
}
