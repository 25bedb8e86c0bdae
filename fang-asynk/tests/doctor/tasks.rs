//! Pools that are silent or missing, tasks that wait in vain, and crons that do not tick.

use crate::ward::Ward;
use fang_core::store::Severity;
use fang_core::{AsyncQueueable, Cron, NewTask, Scheduled};

const WORKER: &str =
    r#"INSERT INTO fang_workers (info) VALUES ('{"mode": "asynk", "task_types": ["common"], "pid": 7}')"#;
/// Makes all tasks look as if they had been inserted two minutes ago.
const EARLIER: &str = "UPDATE fang_tasks SET scheduled_at = scheduled_at - interval '2 minutes'";

fn mail() -> NewTask {
    NewTask::of_kind("Mail", serde_json::json!({}))
}

#[tokio::test]
async fn tasks_without_a_pool_and_task_types_that_nobody_serves_are_found() {
    let ward = Ward::open().await;
    ward.queue.insert(mail().task_type("mials")).await.unwrap();
    assert_eq!(ward.codes().await, [""; 0], "it was inserted just now");
    ward.run(EARLIER).await;
    ward.only("no-pool").await;
    ward.run(WORKER).await;
    let found = ward.only("unserved").await;
    assert!(found.what.contains("\"mials\"") && found.what.contains("mode async"), "{found:?}");
}

#[tokio::test]
async fn silent_pools_are_found() {
    let ward = Ward::open().await;
    ward.run(WORKER).await;
    assert_eq!(ward.codes().await, [""; 0]);
    ward.run("UPDATE fang_workers SET beat_at = now() - interval '3 minutes'").await;
    let found = ward.only("silent-workers").await;
    assert!(found.severity == Severity::Error && found.what.contains("(process 7) for 3 min"), "{found:?}");
    ward.run(WORKER).await;
    assert_eq!(ward.only("silent-workers").await.severity, Severity::Warning);
    ward.run(r#"UPDATE fang_workers SET info = info || '{"lease_ms": 60000}'"#).await;
    assert_eq!(ward.codes().await, [""; 0], "three minutes are three leases");
}

#[tokio::test]
async fn task_types_that_are_paused_for_over_a_day_are_found_if_tasks_are_due() {
    let ward = Ward::open().await;
    ward.run("INSERT INTO fang_queues (task_type, paused_at) VALUES ('mails', now() - interval '2 days')")
        .await;
    assert_eq!(ward.codes().await, [""; 0]);
    ward.queue.insert(mail().task_type("mails")).await.unwrap();
    let found = ward.only("paused-long").await;
    assert!(found.what.contains("\"mails\" has been paused for 2 days"), "{found:?}");
}

#[tokio::test]
async fn kinds_that_no_program_knows_are_found() {
    let ward = Ward::open().await;
    ward.run(WORKER).await;
    for kind in ["Mail", "Mail", "Report"] {
        ward.queue.insert(NewTask::of_kind(kind, serde_json::json!({}))).await.unwrap();
    }
    ward.run(
        "UPDATE fang_tasks SET unknown_since = now() - interval '1 hour' WHERE metadata->>'type' = 'Mail'",
    )
    .await;
    let found = ward.only("unknown-kind").await;
    assert!(found.what.contains("\"Mail\" for 60 min: 2 or more"), "{found:?}");
}

#[tokio::test]
async fn kinds_that_no_program_knows_are_found_among_tasks_that_wait_for_other_reasons() {
    let ward = Ward::open().await;
    ward.run(WORKER).await;
    ward.queue.insert(mail()).await.unwrap();
    let copies = "INSERT INTO fang_tasks (metadata, mode, task_type, scheduled_at)
        SELECT metadata, mode, task_type, now() + n * interval '2 seconds' FROM fang_tasks, generate_series(-200, 80) n";
    ward.run(copies).await;
    for at in ["now()", "now() + interval '200 seconds'"] {
        ward.run(&format!(
            "UPDATE fang_tasks SET unknown_since = CASE id WHEN (SELECT min(id::text)::uuid FROM fang_tasks)
                THEN now() - interval '1 hour' END,
                scheduled_at = CASE id WHEN (SELECT min(id::text)::uuid FROM fang_tasks) THEN {at} ELSE scheduled_at END"
        ))
        .await;
        ward.only("unknown-kind").await;
    }
}

/// A task of a kind that no program has known for an hour, in each of so many task types, which are all served.
async fn of_each_type(ward: &Ward, types: usize) {
    ward.run(r#"INSERT INTO fang_workers (info) VALUES ('{"mode": "asynk", "all_task_types": true}')"#).await;
    ward.run(&format!(
        r#"INSERT INTO fang_tasks (metadata, mode, task_type, unknown_since)
        SELECT '{{"type": "Mail"}}', 1, 'type ' || lpad(n::text, 4, '0'), now() - interval '1 hour'
        FROM generate_series(1, {types}) n"#
    ))
    .await;
}

/// A statement looks at six of them, and tells with which one the next begins.
#[tokio::test]
async fn kinds_that_no_program_knows_are_found_in_any_task_type_and_once() {
    for types in [6, 7, 40] {
        let ward = Ward::open().await;
        of_each_type(&ward, types).await;
        let found = ward.only("unknown-kind").await;
        assert!(found.what.contains(&format!("\"Mail\" for 60 min: {types} or more")), "{found:?}");
    }
}

#[tokio::test]
async fn the_doctor_says_how_far_it_has_looked_for_kinds_that_no_program_knows() {
    let ward = Ward::open().await;
    of_each_type(&ward, 3_000).await;
    ward.only("unknown-kind").await;
    ward.run("UPDATE fang_tasks SET unknown_since = NULL").await;
    assert_eq!(ward.codes().await, [""; 0]);
    ward.run("INSERT INTO fang_tasks (metadata, mode, task_type) VALUES ('{}', 1, 'type 3001')").await;
    let found = ward.only("not-checked").await;
    assert!(found.what.contains("from \"type 3001\" on"), "{found:?}");
}

#[tokio::test]
async fn crons_that_do_not_tick_are_found() {
    let ward = Ward::open().await;
    ward.queue.schedule(mail().cron(Scheduled::Cron(Cron::new("0 9 * * *")))).await.unwrap();
    assert_eq!(ward.codes().await, [""; 0]);
    ward.run("UPDATE fang_crons SET last_tick = now() - interval '2 minutes'").await;
    ward.only("cron-late").await;
    for broken in ["time_zone = 'Mars/Base'", "time_zone = 'UTC', pattern = 'x'"] {
        ward.run(&format!("UPDATE fang_crons SET {broken}")).await;
        ward.only("cron-unreadable").await;
    }
    ward.run("UPDATE fang_crons SET pattern = '0 9 * * *', paused_at = now()").await;
    assert_eq!(ward.codes().await, [""; 0]);
}
