use super::Rig;
use super::acts::{HOUR, MINUTE, id, task};
use crate::new_task::NewTask;
use crate::store::{Filter, Finish, MAX_PAGE_BYTES, PageRequest, TaskPage, Verdict};
use crate::task::{FangTaskState, Mode, Priority};
use serde_json::json;
use std::time::Duration;

async fn page(rig: &dyn Rig, request: &PageRequest<'_>) -> TaskPage {
    let page = rig.store().page(request).await.unwrap();
    assert!(request.count_only || page.matched == page.tasks.len() as u64);
    page
}

/// Joins pages of two tasks each. Inserts a task after each, as other programs do.
async fn joined(rig: &dyn Rig, filter: &Filter, mut new: u128) -> Vec<u128> {
    let (mut request, mut found) = (PageRequest { limit: 2, ..PageRequest::new(filter) }, Vec::new());
    loop {
        let page = page(rig, &request).await;
        found.extend(page.tasks.iter().map(|task| task.id.as_u128()));
        request.after = page.next.map(|next| next.to_string().parse().unwrap());
        if page.next.is_none() {
            return found;
        }
        rig.insert(&[task(new)]).await;
        new += 1;
    }
}

fn of(n: u128, kind: &str, user: u32) -> NewTask {
    let metadata = json!({ "type": kind, "user": { "id": user, "tags": ["a", "b"] } }).to_string();
    NewTask { metadata, ..task(n) }
}

async fn fill(rig: &dyn Rig) {
    let fail = |error: &str| Verdict::Fail { error: error.to_owned() };
    rig.run(of(1, "Mail", 7), fail("Connection 1 refused")).await;
    rig.run(of(2, "Mail", 8).tag("red"), Verdict::Keep).await;
    rig.run(of(3, "Image", 7), fail("100% wrong")).await;
    rig.run(of(4, "Image", 9), Verdict::Retry { delay: HOUR, error: "busy".to_owned() }).await;
    rig.insert(&[of(5, "Mail", 7).tag("red")]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.advance(HOUR).await;
    let mail = |n| of(n, "Mail", 7).task_type("mail").delay(HOUR);
    rig.insert(&[
        mail(6),
        mail(7).priority(Priority::High).delay(HOUR * 2),
        mail(8).priority(Priority::High),
    ])
    .await;
    rig.insert(&[of(9, "Image", 9).tag("red")]).await;
}

/// Fails a task of this type, which is the only one that is due. Its row is kept for as long as `keep` says.
async fn end(rig: &dyn Rig, task: NewTask, task_type: &str, keep: Option<Duration>, error: &str) {
    rig.insert(&[NewTask { priority: Priority::Urgent, ..task.task_type(task_type) }]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_of(worker, task_type, Mode::Asynk, 1).await.remove(0);
    let verdict = Verdict::Fail { error: error.to_owned() };
    let result = Finish { id: claimed.id, lease: claimed.lease, verdict, keep };
    assert_eq!(rig.store().finish(worker, &[result]).await.unwrap(), 1);
}

/// Any condition alone, and some together.
fn filters() -> Vec<Filter> {
    let any = Filter::default;
    let states = FangTaskState::ALL.map(Filter::in_state);
    let parts =
        [json!({}), json!({ "user": { "tags": ["b"] } }), json!({ "user": { "id": 7.0 } }), json!([1])];
    let payloads = parts.map(|part| Filter { payload: Some(part), ..any() });
    let errors = ["refused", "CONNECTION", "100%", "%", "_", "zzz"];
    let errors = errors.map(|text| Filter { error: Some(text.to_owned()), ..any() });
    let kind = |kind: &str| Filter { kind: Some(kind.to_owned()), ..any() };
    let mail = Filter { task_type: Some("mail".to_owned()), ..any() };
    let failed = Filter::in_state(FangTaskState::Failed);
    let minutes = MINUTE * 30;
    let mut all = vec![
        any(),
        kind("Mail"),
        kind("Other"),
        Filter { waiting: true, ..any() },
        Filter { waiting: true, ..failed.clone() },
        Filter { waiting: true, ..mail.clone() },
        Filter { waiting: true, kind: Some("Image".to_owned()), ..any() },
        Filter { before: Some(id(7)), waiting: true, ..mail.clone() },
        mail,
        Filter { tag: Some("red".to_owned()), ..any() },
        Filter { priority: Some(Priority::High), ..any() },
        Filter { priority: Some(Priority::High), waiting: true, task_type: Some("mail".to_owned()), ..any() },
        Filter { priority: Some(Priority::Low), waiting: true, task_type: Some("mail".to_owned()), ..any() },
        Filter { priority: Some(Priority::Normal), ..failed.clone() },
        Filter { older_than: Some(minutes), ..any() },
        Filter { newer_than: Some(minutes), ..any() },
        Filter { before: Some(id(4)), ..failed.clone() },
        Filter { payload: Filter::payload_at("user.id", json!(7)).payload, ..failed },
    ];
    all.extend(states.into_iter().chain(payloads).chain(errors));
    all
}

/// Each page says where the next one begins, and that can be sent as text.
pub async fn pages_joined_are_all_tasks_that_match_and_each_once(rig: &dyn Rig) {
    fill(rig).await;
    for (n, filter) in filters().into_iter().enumerate() {
        let known = rig.all().await;
        let mut expected = Vec::new();
        let now = rig.now().await;
        for n in &known {
            if filter.matches(&rig.find(*n).await, now) {
                expected.push(*n);
            }
        }
        let mut found = joined(rig, &filter, 1_000 + 100 * n as u128).await;
        found.retain(|n| known.contains(n));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// The order says which tasks need a look first.
pub async fn ended_tasks_come_last_ended_first_and_waiting_ones_of_a_type_as_they_start(rig: &dyn Rig) {
    fill(rig).await;
    let failed = Filter::in_state(FangTaskState::Failed);
    assert_eq!(joined(rig, &failed, 100).await, [3, 1]);
    let mail = Filter { waiting: true, task_type: Some("mail".to_owned()), ..Filter::default() };
    assert_eq!(joined(rig, &mail, 200).await, [8, 7, 6]);
    end(rig, task(301), "common", Some(HOUR), "no").await;
    assert_eq!(joined(rig, &failed, 400).await, [3, 1, 301]);
}

/// It returns no tasks.
pub async fn a_count_looks_at_tasks_and_returns_their_number(rig: &dyn Rig) {
    fill(rig).await;
    let filter = Filter { kind: Some("Mail".to_owned()), limit: 1, ..Filter::default() };
    let counted = page(rig, &PageRequest { count_only: true, ..PageRequest::new(&filter) }).await;
    assert_eq!((counted.matched, counted.tasks.len(), counted.next), (6, 0, None));
    assert!(counted.looked >= 6 && counted.looked <= 9, "{counted:?}");
}

/// Only the kind is left of each.
pub async fn payloads_can_be_left_out_of_a_page(rig: &dyn Rig) {
    rig.insert(&[of(1, "Mail", 7)]).await;
    let filter = Filter { without_payload: true, ..Filter::default() };
    let tasks = page(rig, &PageRequest::new(&filter)).await.tasks;
    assert_eq!(tasks[0].metadata, json!({ "type": "Mail" }));
}

/// The next page goes on with the rest.
pub async fn a_page_ends_before_its_payloads_are_too_large(rig: &dyn Rig) {
    let large = "x".repeat(MAX_PAGE_BYTES / 3);
    for n in 1..=4 {
        let metadata = json!({ "type": "Large", "text": large }).to_string();
        rig.insert(&[NewTask { metadata, ..task(n) }]).await;
    }
    let filter = Filter::default();
    let first = page(rig, &PageRequest::new(&filter)).await;
    let second = page(rig, &PageRequest::new(&filter).after(first.next.unwrap())).await;
    let sizes = (first.tasks.len(), second.tasks.len(), second.next);
    assert_eq!(sizes, (2, 2, None));
    assert_eq!(rig.all().await, [4, 3, 2, 1]);
}

/// With its worker, and since when.
pub async fn running_tasks_are_listed_with_their_workers(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2), task(3)]).await;
    let worker = rig.worker().await;
    rig.claim(worker, 2).await;
    rig.advance(MINUTE).await;
    let running = async |after, limit| rig.store().running(after, limit).await.unwrap();
    let first = running(None, 1).await;
    assert_eq!((first.tasks[0].task.id, first.next), (id(2), Some(id(2))));
    assert_eq!(first.tasks[0].worker, Some(worker));
    assert!(rig.now().await - first.tasks[0].since >= chrono::Duration::seconds(59));
    let second = running(first.next, 10).await;
    assert_eq!((second.tasks.len(), second.tasks[0].task.id, second.next), (1, id(1), None));
}

/// Texts that differ in numbers and ids are in one group.
pub async fn errors_of_failed_tasks_are_grouped(rig: &dyn Rig) {
    assert_eq!(rig.store().errors().await.unwrap().groups, []);
    fill(rig).await;
    end(rig, of(20, "Mail", 1), "mails", None, "Connection 27 refused\nby the host").await;
    end(rig, of(21, "Image", 1), "images", Some(HOUR), "\n Connection 27 refused").await;
    let errors = rig.store().errors().await.unwrap();
    assert_eq!((errors.looked, errors.seen, errors.is_all), (4, 5, true));
    assert!(errors.groups.iter().any(|group| group.kind == "Image" && group.error == "Connection # refused"));
    let largest = &errors.groups[0];
    assert_eq!((largest.kind.as_str(), largest.error.as_str()), ("Mail", "Connection # refused"));
    assert_eq!((largest.tasks, largest.example), (2, id(20)));
    assert!(largest.task_types.iter().eq(["common", "mails"]) && largest.first_at < largest.last_at);
    assert_eq!(errors.groups.len(), 3);
}
