//! The filter of tasks, the numbers beside the states, and the kinds.

use crate::browser::{get, get_with, post};
use crate::fleet::{Fleet, mail};
use fang::{NewTask, Priority};
use serde_json::json;

/// The text of a tab.
fn tab(page: &str, name: &str) -> String {
    let (_, tabs) = page.split_once("<nav class=\"tabs\"").unwrap();
    let (tabs, _) = tabs.split_once("</nav>").unwrap();
    tabs.split("<a ").find(|tab| tab.contains(&format!(">{name}"))).unwrap().to_owned()
}

#[tokio::test]
async fn tasks_are_filtered_by_their_priority_and_changed_so() {
    for fleet in Fleet::both().await {
        let high = fleet.insert(mail("Bill").priority(Priority::High)).await;
        let normal = fleet.insert(mail("Bill")).await;
        for query in
            ["priority=high", "priority=high&state=waiting&task_type=mail", "priority=high&order=newest"]
        {
            let page = get(&fleet.routes, &format!("/tasks?{query}")).await.page();
            assert!(
                page.contains(&high.to_string()) && !page.contains(&normal.to_string()),
                "{query}: {page}"
            );
            assert!(page.contains("<option selected>high</option>"), "{page}");
        }
        assert_eq!(get(&fleet.routes, "/tasks?priority=soon").await.status, 400);
        let question = get(&fleet.routes, "/change?do=priority&scope=all&priority=high").await.page();
        assert!(
            question.contains("name=\"priority\" value=\"high\"") && question.contains("name=\"to\""),
            "{question}"
        );
        let form = [("do", "priority"), ("scope", "all"), ("priority", "high"), ("to", "low")];
        let path = post(&fleet.routes, "/change", &form).await.sent_to().to_owned();
        while get(&fleet.routes, &path).await.page().contains("badge runs") {
            tokio::task::yield_now().await;
        }
        let priority = async |id| fleet.admin.find(id).await.unwrap().unwrap().priority;
        assert_eq!((priority(high).await, priority(normal).await), (Priority::Low, Priority::Normal));
        let without = [("do", "priority"), ("scope", "all"), ("priority", "low")];
        assert_eq!(post(&fleet.routes, "/change", &without).await.status, 400, "the new one is not told");
    }
}

#[tokio::test]
async fn the_numbers_beside_the_states_are_those_of_the_filter() {
    for fleet in Fleet::both().await {
        for kind in ["Bill", "Bill", "Other"] {
            fleet.failed(kind).await;
        }
        fleet.insert(mail("Other")).await;
        let page = async |query: &str| get(&fleet.routes, &format!("/tasks{query}")).await.page();
        let count = |tasks: u64| format!("<span class=\"count\">{tasks}</span>");
        let all = page("").await;
        assert!(tab(&all, "Failed").contains(&count(3)) && tab(&all, "Waiting").contains(&count(1)), "{all}");
        let bills = page("?kind=Bill&state=waiting").await;
        assert!(
            tab(&bills, "Failed").contains(&count(2)) && tab(&bills, "Waiting").contains(&count(0)),
            "{bills}"
        );
        let cancelled = page("?state=failed&error=cancelled").await;
        assert!(
            tab(&cancelled, "Waiting").contains(&count(1)),
            "the other tabs drop this condition: {cancelled}"
        );
        let by_error = page("?error=cancel").await;
        assert!(
            tab(&by_error, "Waiting").contains(&count(0)) && tab(&by_error, "Failed").contains(&count(3)),
            "{by_error}"
        );
    }
}

#[tokio::test]
async fn the_states_keep_the_order_and_the_other_conditions() {
    let fleet = Fleet::in_memory();
    let page = get(&fleet.routes, "/tasks?kind=Bill&order=newest&error=cancelled&state=failed").await.page();
    for (name, address) in [
        ("All", "/tasks?kind=Bill&amp;order=newest"),
        ("Failed", "/tasks?state=failed&amp;kind=Bill&amp;order=newest"),
        ("Cancelled", "/tasks?state=failed&amp;error=cancelled&amp;kind=Bill&amp;order=newest"),
    ] {
        assert!(tab(&page, name).contains(&format!("\"{address}\"")), "{name}: {}", tab(&page, name));
    }
    let page = get(&fleet.routes, "/tasks?kind=Bill").await.page();
    assert!(!tab(&page, "Failed").contains("order"), "{page}");
}

#[tokio::test]
async fn kinds_are_listed_with_what_is_there_of_each_and_lead_to_their_tasks() {
    for fleet in Fleet::both().await {
        let empty = get(&fleet.routes, "/kinds").await.page();
        assert!(empty.contains("There are no tasks."), "{empty}");
        fleet.insert(mail("Welcome")).await;
        fleet.insert(NewTask::of_kind("Welcome", json!({})).task_type("other")).await;
        fleet.failed("Bill").await;
        fleet.cron().await;
        // Other pages may be some seconds old.
        let routes = fleet.with(|dashboard| dashboard);
        let page = get(&routes, "/kinds").await.page();
        for text in [
            "mail, other",
            "href=\"/tasks?kind=Welcome&amp;state=waiting\">2</a>",
            "href=\"/tasks?kind=Bill&amp;state=failed\">1</a>",
            "href=\"/crons\">1</a>",
            "Counted among all tasks",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
        let tasks = get(&routes, "/tasks").await.page();
        assert!(
            tasks.contains("<datalist id=\"kinds\">") && tasks.contains("<option value=\"Welcome\">"),
            "{tasks}"
        );
    }
}

#[tokio::test]
async fn the_kinds_of_many_tasks_tell_how_far_the_look_went() {
    let fleet = Fleet::in_memory();
    for _ in 0..41 {
        let tasks = (0..100).map(|_| mail("Welcome")).collect();
        fang::AsyncQueueable::insert_tasks(&fleet.handle, tasks).await.unwrap();
    }
    let page = get(&fleet.routes, "/kinds").await.page();
    assert!(page.contains(">4,000</a>") && page.contains("Counted among the newest 4,000 tasks"), "{page}");
}

#[tokio::test]
async fn a_due_task_tells_that_it_waits_in_the_queue() {
    for fleet in Fleet::both().await {
        let (due, later) = (
            fleet.insert(mail("Welcome")).await,
            fleet.insert(mail("Welcome").delay(std::time::Duration::from_secs(9_000))).await,
        );
        let page = async |id| get(&fleet.routes, &format!("/tasks/{id}")).await.page();
        assert!(page(due).await.contains("Time in the queue") && page(due).await.contains(", not begun"));
        assert!(!page(later).await.contains("Time in the queue"));
    }
}

#[tokio::test]
async fn shortcuts_are_listed_and_can_be_turned_off() {
    let fleet = Fleet::in_memory();
    let page = get(&fleet.routes, "/settings").await.page();
    for text in ["keys.js", "<dialog id=\"keys\"", "<kbd>?</kbd>", "data-key=\"t\"", "go to Tasks"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let off = post(&fleet.routes, "/settings", &[("keys", "off")]).await;
    let cookie = off.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(cookie, "fang_web_look=auto.local.off");
    let page = get_with(&fleet.routes, "/tasks", &[crate::browser::BEARER, ("cookie", &cookie)]).await.page();
    assert!(!page.contains("keys.js") && !page.contains("<dialog"), "{page}");
    let before = ("cookie", "fang_web_look=dark.utc");
    let page = get_with(&fleet.routes, "/tasks", &[crate::browser::BEARER, before]).await.page();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("keys.js"), "{page}");
}

#[tokio::test]
async fn other_dashboards_are_linked_from_each_page() {
    let fleet = Fleet::in_memory();
    let routes = fleet.with(|dashboard| dashboard.others([("<b>billing", "/fang/billing")]));
    let page = get(&routes, "/types").await.page();
    assert!(page.contains("<a href=\"/fang/billing\"><bdi>&lt;b&gt;billing</bdi></a>"), "{page}");
    assert!(!get(&fleet.routes, "/types").await.page().contains("Other dashboards"));
    let outside = get_with(&routes, "/types", &[]).await;
    assert!(outside.status == 401 && !outside.body.contains("billing"), "{}", outside.body);
}
