//! Commands that change tasks by their ids, and task types.

use crate::shell::Shell;

#[tokio::test]
async fn tasks_are_cancelled_retried_and_removed_by_their_ids() {
    let shell = Shell::open().await;
    let (one, other) = (shell.insert(&["Mail", "{}"]), shell.insert(&["Mail", "{}"]));
    let cancelled = shell.json(&["cancel", &one, &other, &one]);
    assert_eq!((&cancelled["change"], cancelled["ids"].as_array().unwrap().len()), (&"cancelled".into(), 2));
    assert_eq!((shell.state(&one), shell.state(&other)), ("failed".into(), "failed".into()));
    assert_eq!(shell.says(&["retry", &one, &one]), format!("retried {one}\n"));
    assert_eq!((shell.state(&one), shell.state(&other)), ("retried".into(), "failed".into()));
    shell.says(&["remove", &one, &other]);
    assert_eq!(shell.says(&["tasks"]), "none\n");
}

#[tokio::test]
async fn waiting_tasks_get_another_time_and_priority() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", "{}", "--delay", "1h"]);
    shell.says(&["reschedule", &id, "--at", "2099-01-01T00:00:00Z"]);
    shell.says(&["priority", &id, "--to", "urgent"]);
    let shown = shell.json(&["show", &id]);
    assert_eq!(
        (&shown["scheduled_at"], &shown["priority"]),
        (&"2099-01-01T00:00:00Z".into(), &"urgent".into())
    );
    shell.says(&["reschedule", &id, "--delay", "0s"]);
    assert_eq!(shell.json(&["types"])[0]["due"], 1);
}

#[tokio::test]
async fn nothing_is_changed_if_one_of_the_tasks_is_unknown_or_does_not_suit() {
    let shell = Shell::open().await;
    let waits = shell.insert(&["Mail", "{}"]);
    let failed = shell.failed(&["Mail", "{}"]);
    let unknown = "00000000-0000-0000-0000-000000000001";
    for command in ["cancel", "retry", "remove"] {
        let text = shell.refuses(&[command, &waits, unknown]);
        assert!(text.contains(unknown) && text.contains("`fang tasks`"), "{text}");
    }
    let text = shell.refuses(&["cancel", &waits, &failed]);
    assert!(text.contains(&format!("{failed} is failed: only a task that waits or runs")), "{text}");
    for arguments in [["priority", "--to", "low"], ["reschedule", "--delay", "1h"]] {
        let text = shell.refuses(&[&arguments[..], &[&waits, &failed]].concat());
        assert!(text.contains("only a task that waits can"), "{text}");
    }
    let shown = shell.json(&["show", &waits]);
    assert_eq!((&shown["state"], &shown["priority"]), (&"new".into(), &"normal".into()));
    assert_eq!(shell.json(&["types"])[0]["due"], 1);
}

#[tokio::test]
async fn a_task_type_is_paused_and_resumed_and_its_depth_is_listed() {
    let shell = Shell::open().await;
    shell.insert(&["Mail", "{}", "--task-type", "mail"]);
    let listed = shell.json(&["types"]);
    assert_eq!((&listed[0]["task_type"], &listed[0]["due"]), (&"mail".into(), &1.into()));
    assert_eq!(listed[0]["due_is_capped"], false);
    assert_eq!(shell.json(&["types", "pause", "mail"])["is_changed"], true);
    assert_eq!(shell.says(&["types", "pause", "mail"]), "mail: was paused already\n");
    assert_eq!(shell.says(&["types", "resume", "mail"]), "mail: resumed\n");
    assert_eq!(shell.json(&["types", "resume", "mail"])["is_changed"], false);
}
