use super::Rig;
use super::acts::{HOUR, MINUTE, id, task};
use crate::store::{Capped, Count, Depth, Filter, Verdict};
use crate::task::{FangTaskState, Priority};

/// Its id was never inserted.
pub async fn a_missing_task_is_not_found(rig: &dyn Rig) {
    assert!(rig.store().find(id(1)).await.unwrap().is_none());
}

/// By either, or by both together.
pub async fn tasks_are_listed_by_state_and_task_type(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    rig.run(task(3), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.insert(&[task(4)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.insert(&[task(5), task(6).task_type("mail")]).await;
    let by = |state, task_type: Option<&str>| Filter {
        state,
        task_type: task_type.map(str::to_owned),
        ..Filter::default()
    };
    assert_eq!(rig.list(by(None, None)).await, [6, 5, 4, 3, 2, 1]);
    for (state, expected) in [
        (FangTaskState::Finished, vec![1]),
        (FangTaskState::Failed, vec![2]),
        (FangTaskState::Retried, vec![3]),
        (FangTaskState::InProgress, vec![4]),
        (FangTaskState::New, vec![6, 5]),
    ] {
        assert_eq!(rig.list(by(Some(state), None)).await, expected, "{state:?}");
    }
    assert_eq!(rig.list(by(None, Some("mail"))).await, [6]);
    assert_eq!(rig.list(by(Some(FangTaskState::New), Some("common"))).await, [5]);
    assert_eq!(rig.list(by(Some(FangTaskState::Failed), Some("mail"))).await, []);
}

/// A tag must match as a whole.
pub async fn tasks_are_listed_by_tag(rig: &dyn Rig) {
    rig.insert(&[task(1).tag("a"), task(2).tag("b").tag("a"), task(3).tag("ab"), task(4)]).await;
    let tagged = |tag: &str| Filter { tag: Some(tag.to_owned()), ..Filter::default() };
    assert_eq!(rig.list(tagged("a")).await, [2, 1]);
    assert_eq!(rig.list(tagged("c")).await, []);
}

/// The id of the last task of a page leads to the next page.
pub async fn tasks_are_listed_page_by_page_the_newest_first(rig: &dyn Rig) {
    let tasks: Vec<_> = [3, 1, 5, 2, 4].map(task).to_vec();
    rig.insert(&tasks).await;
    let mut before = None;
    for expected in [vec![5, 4], vec![3, 2], vec![1], vec![]] {
        let page = rig.list(Filter { limit: 2, before, ..Filter::default() }).await;
        assert_eq!(page, expected);
        before = page.last().copied().map(id);
    }
}

/// A task that runs does not wait.
pub async fn waiting_and_due_tasks_are_counted_by_task_type(rig: &dyn Rig) {
    assert_eq!(rig.store().depths(None).await.unwrap(), []);
    rig.run(task(1), Verdict::Keep).await;
    let urgent = task(5).priority(Priority::High);
    rig.insert(&[task(2), task(3).delay(HOUR), urgent]).await;
    rig.advance(MINUTE).await;
    rig.insert(&[task(4).task_type("mail"), task(6).task_type("sync").delay(HOUR)]).await;
    let depth = |task_type: &str, waiting, due| {
        let (waiting, due) = (Capped::of(waiting), Capped::of(due));
        Depth { task_type: task_type.to_owned(), waiting, due, oldest_due: None }
    };
    let all = [depth("common", 3, 2), depth("mail", 1, 1), depth("sync", 1, 0)];
    let mut found = rig.store().depths(None).await.unwrap();
    let oldest: Vec<_> = found.iter_mut().map(|depth| depth.oldest_due.take()).collect();
    assert_eq!(found, all);
    assert!(oldest[0] >= Some(MINUTE) && oldest[1] < Some(MINUTE) && oldest[2].is_none(), "{oldest:?}");
    let mail = rig.store().depths(Some("mail")).await.unwrap();
    assert_eq!((mail.len(), mail[0].due), (1, all[1].due));
    let nobody = rig.store().depths(Some("nobody")).await.unwrap();
    assert!(nobody.is_empty() || nobody == [Depth::none("nobody")], "{nobody:?}");
}

/// Counts of zero are left out.
pub async fn tasks_are_counted_by_task_type_and_state(rig: &dyn Rig) {
    assert_eq!(rig.store().count().await.unwrap(), []);
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(2), task(3).delay(HOUR), task(4).task_type("mail")]).await;
    let mut counts = rig.store().count().await.unwrap();
    counts.sort_by_key(|count| (count.task_type.clone(), count.state.as_str()));
    let count = |task_type: &str, state, tasks| Count { task_type: task_type.to_owned(), state, tasks };
    assert_eq!(
        counts,
        [
            count("common", FangTaskState::Finished, 1),
            count("common", FangTaskState::New, 2),
            count("mail", FangTaskState::New, 1),
        ]
    );
}
