//! Retries of failed tasks by kind and task type.

use crate::shell::Shell;

#[tokio::test]
async fn failed_tasks_are_retried_by_kind_and_task_type_after_a_confirmation() {
    let shell = Shell::open().await;
    let mail = shell.failed(&["Mail", "{}", "--task-type", "mail"]);
    let report = shell.failed(&["Report", "{}"]);
    let text = shell.refuses(&["retry", "--failed"]);
    assert!(text.contains("failed tasks: 2") && text.contains("--yes"), "{text}");
    assert_eq!(shell.state(&mail), "failed");
    let text = shell.refuses(&["retry", "--failed", "--kind", "Mail"]);
    assert!(text.contains("failed tasks: 1"), "{text}");
    assert_eq!(shell.says(&["retry", "--failed", "--kind", "Other"]), "failed tasks that were retried: 0\n");
    assert_eq!(
        shell.says(&["retry", "--failed", "--kind", "Mail", "--yes"]),
        "failed tasks that were retried: 1\n"
    );
    assert_eq!((shell.state(&mail), shell.state(&report)), ("retried".into(), "failed".into()));
    let text = shell.refuses(&["retry", "--failed", "--task-type", "common"]);
    assert!(text.contains("failed tasks: 1"), "{text}");
    assert_eq!(shell.json(&["retry", "--failed", "--task-type", "common", "--yes"])["retried"], 1);
    assert_eq!(shell.state(&report), "retried");
}
