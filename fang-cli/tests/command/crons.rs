//! Crons.

use crate::shell::Shell;
use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
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

#[tokio::test]
async fn crons_made_by_hand_live_beside_those_of_programs_and_are_edited() {
    let shell = Shell::open().await;
    let add = ["crons", "add", "nightly", "0 3 * * *", "Report", r#"{"month":11}"#];
    let options = ["--time-zone", "Europe/Berlin", "--tag", "ada", "--expires", "1h", "--missed", "2"];
    let added = shell.json(&[&add[..], &options].concat());
    assert_eq!(added["name"], "Report/hand:nightly");
    assert!(shell.refuses(&add).contains("`fang crons edit`"));
    let queue = AsyncQueue::<NoTls>::builder().uri(shell.database.uri()).build();
    let every = Scheduled::Cron(Cron::every(Duration::from_secs(60)));
    let of_code = NewTask::of_kind("Poll", serde_json::json!({})).cron(every);
    let name = of_code.cron_name();
    queue.schedule(of_code).await.unwrap();
    assert_eq!(queue.schedule_only(vec![]).await.unwrap(), 1, "the one of the program");

    let edited = shell.json(&["crons", "edit", "nightly", "--pattern", "0 4 * * *", "--task-type", "slow"]);
    assert_ne!(edited["next_tick"], added["next_tick"]);
    let listed = shell.json(&["crons"]);
    let cron = &listed[0];
    assert_eq!(
        (&cron["pattern"], &cron["time_zone"], &cron["kind"]),
        (&"0 4 * * *".into(), &"Europe/Berlin".into(), &"Report".into())
    );
    assert_eq!(
        (&cron["task_type"], &cron["missed"], &cron["is_by_hand"]),
        (&"slow".into(), &"catch up 2".into(), &true.into())
    );
    let waiting = shell.json(&["tasks"])["tasks"].clone();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["tags"][0]), (1, &"ada".into()));
    let task = shell.json(&["show", waiting[0]["id"].as_str().unwrap()]);
    assert_eq!((&task["payload"]["month"], task["expires_at"].is_string()), (&11.into(), true));
    shell.says(&["crons", "edit", "nightly", "--payload", r#"{"month":12}"#]);
    let run = shell.json(&["crons", "run", "nightly"])["id"].clone();
    assert_eq!(shell.json(&["show", run.as_str().unwrap()])["payload"]["month"], 12);

    let every = Scheduled::Cron(Cron::every(Duration::from_secs(60)));
    queue.schedule(NewTask::of_kind("Poll", serde_json::json!({})).cron(every)).await.unwrap();
    assert!(
        shell.refuses(&["crons", "edit", &name, "--pattern", "0 4 * * *"]).contains("the cron of a program")
    );
    for (arguments, advice) in [
        (&["crons", "add", "a/b", "0 3 * * *", "Report", "{}"][..], "cannot be that of a cron"),
        (&["crons", "add", "a", "0 3", "Report", "{}"], "5 fields"),
        (&["crons", "add", "a", "0 3 * * *", "Report", "{"], "not JSON"),
        (&["crons", "add", "a", "0 3 * * *", "Report", "{}", "--time-zone", "Berlin"], "IANA"),
        (&["crons", "add", "a", "0 3 * * *", "Report", "{}", "--missed", "some"], "coalesce"),
        (&["crons", "edit", "nightly"], "nothing to change"),
        (&["crons", "edit", "unknown", "--pattern", "0 4 * * *"], "`fang crons` lists them"),
        (&["crons", "edit", "nightly", "--pattern", "x"], "5 fields"),
    ] {
        let text = shell.refuses(arguments);
        assert!(text.contains(advice), "{arguments:?}: {text}");
    }
    assert_eq!(shell.json(&["crons"]).as_array().unwrap().len(), 2);
    shell.says(&["crons", "remove", "nightly"]);
    assert_eq!(shell.json(&["crons"]).as_array().unwrap().len(), 1);
}
