//! Changes of many tasks.

use crate::browser::{get, post};
use crate::fleet::{Fleet, mail};
use std::time::Duration;

/// The page of a change, once it is over.
async fn ended(fleet: &Fleet, path: &str) -> String {
    loop {
        let page = get(&fleet.routes, path).await.page();
        if !page.contains("badge runs") {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn all_tasks_that_match_are_changed_and_the_page_tells_how_far_it_is() {
    for fleet in Fleet::both().await {
        let mut failed = Vec::new();
        for _ in 0..250 {
            failed.push(fleet.failed("Bill").await);
        }
        let other = fleet.failed("Other").await;
        let form = [("do", "retry"), ("scope", "all"), ("kind", "Bill")];
        let answer = post(&fleet.routes, "/change", &form).await;
        assert_eq!(answer.sent_to(), "/changes/1");
        let page = ended(&fleet, "/changes/1").await;
        assert!(page.contains("<strong class=\"big\">250</strong> of 250 tasks retried"), "{page}");
        assert_eq!((fleet.state(failed[0]).await, fleet.state(other).await), ("retried", "failed"));
        assert!(get(&fleet.routes, "/changes").await.page().contains("kind=Bill"));
    }
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_task_that_is_inserted_or_fails_after_the_question_is_left_alone() {
    for fleet in Fleet::both().await {
        let (counted, failed) = (fleet.insert(mail("Bill")).await, fleet.failed("Bill").await);
        for (verb, task, later_state) in [("cancel", counted, "new"), ("retry", failed, "failed")] {
            let page = get(&fleet.routes, &format!("/change?do={verb}&scope=all&kind=Bill")).await.page();
            assert!(page.contains("1 task would be"), "{page}");
            let as_of = hidden(&page, "as_of");
            let later =
                if verb == "cancel" { fleet.insert(mail("Bill")).await } else { fleet.failed("Bill").await };
            let form = [("do", verb), ("scope", "all"), ("kind", "Bill"), ("as_of", as_of.as_str())];
            let path = post(&fleet.routes, "/change", &form).await.sent_to().to_owned();
            let page = ended(&fleet, &path).await;
            assert!(page.contains("</strong> of 1 task ") && page.contains("100 %"), "{page}");
            assert_ne!(fleet.state(task).await, if verb == "cancel" { "new" } else { "failed" });
            assert_eq!(fleet.state(later).await, later_state, "{verb}");
            fleet.admin.remove(&fang::store::Removal::Id(later)).await.unwrap();
            fleet.admin.remove(&fang::store::Removal::Id(task)).await.unwrap();
        }
        let odd = [("do", "retry"), ("scope", "all"), ("as_of", "yesterday")];
        assert_eq!(post(&fleet.routes, "/change", &odd).await.status, 400);
    }
}

#[tokio::test]
async fn selected_tasks_are_changed_and_those_that_do_not_suit_are_left_alone() {
    for fleet in Fleet::both().await {
        let (failed, waits) = (fleet.failed("Bill").await, fleet.insert(mail("Bill")).await);
        let (one, other) = (failed.to_string(), waits.to_string());
        let form = [("do", "cancel"), ("scope", "selected"), ("id", &one), ("id", &other), ("id", &one)];
        let path = post(&fleet.routes, "/change", &form).await.sent_to().to_owned();
        let page = ended(&fleet, &path).await;
        assert!(page.contains("1 task left alone"), "{page}");
        assert!(page.contains("<strong class=\"big\">1</strong> of 2 tasks"), "{page}");
        assert_eq!(fleet.state(waits).await, "failed");
    }
}

#[tokio::test]
async fn selected_tasks_that_changed_after_the_question_are_left_alone() {
    for fleet in Fleet::both().await {
        let (stays, leaves, waits) =
            (fleet.failed("Bill").await, fleet.failed("Bill").await, fleet.insert(mail("Bill")).await);
        let ids = [stays, leaves, waits].map(|id| format!("&id={id}")).concat();
        let page = get(&fleet.routes, &format!("/change?do=retry&scope=selected{ids}")).await.page();
        assert!(page.contains("3 tasks would be"), "{page}");
        let page = get(&fleet.routes, &format!("/change?do=remove&scope=selected{ids}")).await.page();
        let as_of = hidden(&page, "as_of");
        assert!(fleet.admin.retry(leaves).await.unwrap());
        let (one, other) = (stays.to_string(), leaves.to_string());
        let form = [("do", "remove"), ("scope", "selected"), ("id", &one), ("id", &other), ("as_of", &as_of)];
        let path = post(&fleet.routes, "/change", &form).await.sent_to().to_owned();
        let page = ended(&fleet, &path).await;
        assert!(page.contains("1 task left alone"), "{page}");
        assert!(fleet.admin.find(stays).await.unwrap().is_none());
        assert_eq!(fleet.state(leaves).await, "retried");
        let page = get(&fleet.routes, &format!("/change?do=retry&scope=selected&id={one}")).await.page();
        assert!(page.contains("No task would be") || page.contains("0 tasks would be"), "{page}");
    }
}

#[tokio::test]
async fn a_change_stops_when_it_is_told_to_and_no_more_than_four_run_at_once() {
    let fleet = Fleet::in_memory();
    for _ in 0..2_000 {
        fleet.insert(mail("Bill")).await;
    }
    // On one thread, no batch is changed before the answers are awaited.
    let form = [("do", "cancel"), ("scope", "all"), ("kind", "Bill")];
    let path = post(&fleet.routes, "/change", &form).await.sent_to().to_owned();
    post(&fleet.routes, &format!("{path}/stop"), &[]).await;
    let page = ended(&fleet, &path).await;
    assert!(page.contains("stopped") && fleet.admin.depth("mail").await.unwrap().waiting.count > 0, "{page}");
    for number in 2..6 {
        let answer = post(&fleet.routes, "/change", &form).await;
        assert_eq!(answer.sent_to(), format!("/changes/{number}"));
    }
    let full = post(&fleet.routes, "/change", &form).await;
    assert!(full.status == 409 && full.body.contains("four changes run already"), "{}", full.body);
    assert_eq!(get(&fleet.routes, "/changes/99").await.status, 404);
}
