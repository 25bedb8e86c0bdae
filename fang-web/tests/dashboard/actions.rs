//! The actions on task types, crons, workers and single tasks.

use crate::browser::{get, post};
use crate::fleet::{Fleet, mail};
use std::time::Duration;

#[tokio::test]
async fn task_types_are_paused_and_resumed() {
    for fleet in Fleet::both().await {
        let act = async |word| {
            let answer = post(&fleet.routes, "/types", &[("do", word), ("task_type", "mail")]).await;
            answer.sent_to().to_owned()
        };
        assert_eq!(act("pause").await, "/types?told=paused");
        assert_eq!(fleet.admin.paused_types().await.unwrap()[0].task_type, "mail");
        assert_eq!(act("pause").await, "/types?told=already");
        assert!(get(&fleet.routes, "/types?told=already").await.page().contains("Nothing was changed"));
        assert_eq!(act("resume").await, "/types?told=resumed");
        assert!(fleet.admin.paused_types().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_cron_is_added_run_paused_resumed_and_removed() {
    for fleet in Fleet::both().await {
        let form = [
            ("name", "hourly"),
            ("pattern", "0 * * * *"),
            ("kind", "Report"),
            ("payload", "{\"month\":9007199254740993}"),
            ("time_zone", "Europe/Berlin"),
            ("missed", "skip"),
            ("task_type", "reports"),
            ("mode", "blocking"),
            ("priority", "low"),
        ];
        assert_eq!(post(&fleet.routes, "/crons/add", &form).await.sent_to(), "/crons?told=added");
        let again = post(&fleet.routes, "/crons/add", &form).await;
        assert!(again.status == 409 && again.body.contains("remove it before"), "{}", again.body);
        let cron = fleet.admin.list_crons().await.unwrap().remove(0);
        assert_eq!((cron.name.as_str(), cron.task_type.as_str()), ("Report/hand:hourly", "reports"));
        assert!(cron.payload.expose().contains("9007199254740993"));
        let act = async |word| {
            let answer = post(&fleet.routes, "/crons", &[("do", word), ("name", &cron.name)]).await;
            answer.sent_to().to_owned()
        };
        assert_eq!(act("run").await, "/crons?told=ran");
        assert_eq!(fleet.admin.depth("reports").await.unwrap().due.count, 1);
        assert_eq!(act("pause").await, "/crons?told=paused");
        assert!(get(&fleet.routes, "/crons").await.page().contains("Resume"));
        assert_eq!(act("resume").await, "/crons?told=resumed");
        assert_eq!(act("remove").await, "/crons?told=cron-removed");
        assert!(fleet.admin.list_crons().await.unwrap().is_empty());
        assert_eq!(post(&fleet.routes, "/crons", &[("do", "run"), ("name", "none")]).await.status, 404);
    }
}

#[tokio::test]
async fn a_cron_that_cannot_be_is_refused_with_the_reason() {
    let fleet = Fleet::in_memory();
    let add = async |changed: (&str, &str)| {
        let mut form = vec![("name", "a"), ("pattern", "0 * * * *"), ("kind", "Report"), ("payload", "{}")];
        form.retain(|(name, _)| *name != changed.0);
        form.push(changed);
        post(&fleet.routes, "/crons/add", &form).await
    };
    let wrong = [
        ("name", "a/b"),
        ("pattern", "x"),
        ("payload", "{"),
        ("time_zone", "Mars"),
        ("missed", "x"),
        ("mode", "x"),
    ];
    for changed in wrong {
        let answer = add(changed).await;
        assert_eq!(answer.status, 400, "{changed:?}: {}", answer.body);
    }
    assert!(fleet.admin.list_crons().await.unwrap().is_empty());
}

#[tokio::test]
async fn workers_are_made_quiet_resumed_and_stopped() {
    let queue = fang::MemoryQueue::new();
    let fleet = Fleet::over(&queue, None);
    let mut pool = fang::AsyncWorkerPool::builder().number_of_workers(2_u32).queue(queue).build();
    pool.start().await.unwrap();
    let id = fleet.admin.workers().await.unwrap()[0].id.to_string();
    for word in ["quiet", "resume", "stop"] {
        let page = get(&fleet.routes, "/workers").await.page();
        assert!(page.contains(&format!("<th scope=\"row\">{id}</th>")), "{page}");
        let answer = post(&fleet.routes, "/workers", &[("do", word), ("id", &id)]).await;
        assert_eq!(answer.sent_to(), "/workers?told=asked", "{word}");
    }
    while pool.monitor().is_running() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    pool.shutdown(Duration::from_secs(10)).await;
    assert_eq!(post(&fleet.routes, "/workers", &[("do", "stop"), ("id", &id)]).await.status, 409);
}

#[tokio::test]
async fn all_workers_are_made_quiet_and_stopped_at_once() {
    let queue = fang::MemoryQueue::new();
    let fleet = Fleet::over(&queue, None);
    let mut pools = Vec::new();
    for _ in 0..2 {
        let mut pool = fang::AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build();
        pool.start().await.unwrap();
        pools.push(pool);
    }
    assert!(get(&fleet.routes, "/workers").await.page().contains("Quiet all"));
    for word in ["quiet-all", "stop-all"] {
        assert_eq!(
            post(&fleet.routes, "/workers", &[("do", word)]).await.sent_to(),
            "/workers?told=all-asked"
        );
    }
    assert_eq!(post(&fleet.routes, "/workers", &[("do", "odd-all")]).await.status, 400);
    for mut pool in pools {
        while pool.monitor().is_running() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        pool.shutdown(Duration::from_secs(10)).await;
    }
}

#[tokio::test]
async fn a_single_task_is_changed_from_its_page() {
    for fleet in Fleet::both().await {
        let id = fleet.failed("Bill").await;
        let text = id.to_string();
        let act = async |word, more: (&str, &str)| {
            let form = [("do", word), ("scope", "one"), ("id", text.as_str()), more];
            post(&fleet.routes, "/change", &form).await.sent_to().to_owned()
        };
        let none = ("", "");
        assert_eq!(act("retry", none).await, format!("/tasks/{id}?told=retried"));
        assert_eq!(fleet.state(id).await, "retried");
        act("reschedule", ("delay", "2h")).await;
        act("priority", ("to", "urgent")).await;
        let task = fleet.admin.find(id).await.unwrap().unwrap();
        assert_eq!(task.priority, fang::Priority::Urgent);
        assert!(task.scheduled_at > fleet.admin.now().await.unwrap());
        assert_eq!(act("cancel", none).await, format!("/tasks/{id}?told=cancelled"));
        assert_eq!(act("cancel", none).await, format!("/tasks/{id}?told=unchanged"));
        assert_eq!(act("remove", none).await, "/tasks?told=removed");
        assert_eq!(fleet.state(id).await, "gone");
    }
}

#[tokio::test]
async fn a_question_tells_how_many_tasks_a_change_is_for_and_changes_none() {
    for fleet in Fleet::both().await {
        for _ in 0..3 {
            fleet.failed("Bill").await;
        }
        let waits = fleet.insert(mail("Bill")).await;
        let ask = async |query: &str| get(&fleet.routes, &format!("/change?{query}")).await;
        let page = ask("do=retry&scope=all&kind=Bill").await.page();
        assert!(page.contains("3 tasks would be retried.") && page.contains("Retry 3 tasks"), "{page}");
        assert!(ask("do=cancel&scope=all").await.page().contains("1 task would be cancelled."));
        assert!(ask(&format!("do=reschedule&id={waits}")).await.page().contains("name=\"delay\""));
        assert_eq!(ask("do=retry&scope=all&state=running").await.status, 400);
        assert_eq!(ask("do=retry&scope=selected").await.status, 400);
        assert_eq!(ask("do=drop&scope=all").await.status, 400);
        assert_eq!(fleet.state(waits).await, "new");
    }
}
