//! Retries of failed tasks by kind and task type.

use crate::shell::Shell;

#[tokio::test]
async fn failed_tasks_are_retried_by_kind_and_task_type_after_a_confirmation() {
    let shell = Shell::open().await;
    let mail = shell.failed(&["Mail", "{}", "--task-type", "mail"]);
    let report = shell.failed(&["Report", "{}"]);
    let text = shell.refuses(&["retry", "--failed"]);
    assert!(text.contains("2 failed tasks") && text.contains("--yes"), "{text}");
    assert_eq!(shell.state(&mail), "failed");
    assert_eq!(shell.says(&["retry", "--failed", "--kind", "Other"]), "retried 0 of 0 failed tasks\n");
    assert_eq!(
        shell.says(&["retry", "--failed", "--kind", "Mail", "--yes"]),
        "retried 1 of 1 failed tasks\n"
    );
    assert_eq!((shell.state(&mail), shell.state(&report)), ("retried".into(), "failed".into()));
    let text = shell.refuses(&["retry", "--failed", "--task-type", "common"]);
    assert!(text.contains("1 failed tasks"), "{text}");
    assert_eq!(shell.json(&["retry", "--failed", "--task-type", "common", "--yes"])["retried"], 1);
    assert_eq!(shell.state(&report), "retried");
}
