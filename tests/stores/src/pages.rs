//! Pages of random filters, joined, against the filter itself on every row, while tasks are inserted between the pages.

use crate::rig::Rig;
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{Claim, Filter, Finish, PageRequest, Store, Verdict};
use fang_core::task::{FangTaskState, Task};
use fang_core::{Mode, NewTask, Priority};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

const TYPES: [&str; 3] = ["mail", "sync", "feeds"];
const KINDS: [&str; 3] = ["Send", "Resize", "Fetch"];
const ERRORS: [&str; 3] = ["refused", "Timed out", "100% full"];
const MINUTE: Duration = Duration::from_secs(60);

fn one<T: Copy>(random: &mut Rng, of: &[T]) -> T {
    of[random.usize(..of.len())]
}

fn new_task(random: &mut Rng) -> NewTask {
    let (kind, user) = (one(random, &KINDS), random.u8(..4));
    let metadata = format!(r#"{{"type":"{kind}","user":{{"id":{user}}}}}"#);
    let mode = one(random, &[Mode::Asynk, Mode::Blocking, Mode::Any]);
    let task = NewTask::new(metadata, one(random, &TYPES).to_owned(), mode);
    let task = task.with_id(Uuid::from_u128(random.u128(..)));
    // Far from each other, so that the time that a test takes makes no difference.
    let task = task.priority(one(random, &Priority::ALL)).delay(MINUTE * random.u32(..3) * 60);
    if random.bool() { task.tag("red") } else { task }
}

async fn insert(store: &dyn Store, random: &mut Rng, tasks: usize) {
    let tasks: Vec<NewTask> = (0..tasks).map(|_| new_task(random)).collect();
    store.insert(&tasks).await.unwrap();
}

fn verdict(random: &mut Rng) -> Verdict {
    let error = one(random, &ERRORS).to_owned();
    match random.u8(..3) {
        0 => Verdict::Keep,
        1 => Verdict::Fail { error },
        _ => Verdict::Retry { delay: MINUTE * 90, error },
    }
}

/// Tasks in all states, of several ages.
async fn fill(rig: &dyn Rig, random: &mut Rng) {
    let (store, worker) = (rig.engine(), rig.engine().register("{}").await.unwrap());
    for _ in 0..4 {
        insert(&*store, random, 25).await;
        for task_type in TYPES {
            let ranges = ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning);
            let mut claimed = store.claim(&Claim::new(worker, task_type, 6, &ranges)).await.unwrap().tasks;
            claimed.truncate(random.usize(..6));
            let results = claimed.iter().map(|task| {
                let keep = random.bool().then_some(MINUTE * random.u32(1..4) * 60);
                Finish { id: task.id, lease: task.lease, verdict: verdict(random), keep }
            });
            let results: Vec<Finish> = results.collect();
            store.finish(worker, &results).await.unwrap();
        }
        rig.advance(600).await;
    }
}

fn filter(random: &mut Rng, rows: &[Task]) -> Filter {
    // Mostly states and types, which decide along which index the pages go.
    let mut filter = Filter { waiting: random.u8(..4) == 0, ..Filter::default() };
    filter.state = random.bool().then(|| one(random, &FangTaskState::ALL));
    filter.task_type = (random.u8(..3) == 0).then(|| one(random, &TYPES).to_owned());
    let [kind, tag, older, newer, payload, error, before] = std::array::from_fn(|_| random.u8(..8) == 0);
    filter.kind = kind.then(|| one(random, &KINDS).to_owned());
    filter.tag = tag.then(|| "red".to_owned());
    // Tasks are some multiple of ten minutes old.
    filter.older_than = older.then(|| MINUTE * (5 + 10 * random.u32(..4)));
    filter.newer_than = newer.then(|| MINUTE * (5 + 10 * random.u32(..4)));
    filter.error = error.then(|| one(random, &["REFUSED", "%", "out", "_"]).to_owned());
    filter.before = before.then(|| rows[random.usize(..rows.len())].id);
    if payload {
        filter.payload = Filter::payload_at("user.id", random.u8(..4).into()).payload;
    }
    filter
}

/// All pages, joined. Tasks are inserted after some of them.
async fn joined(store: &dyn Store, random: &mut Rng, mut request: PageRequest<'_>) -> Vec<Uuid> {
    let mut found = Vec::new();
    loop {
        let page = store.page(&request).await.unwrap();
        found.extend(page.tasks.iter().map(|task| task.id));
        assert!(found.len() < 10_000, "the pages do not end: {request:?}");
        let Some(next) = page.next else { return found };
        request.after = Some(next.to_string().parse().unwrap());
        let tasks = usize::from(random.u8(..6) == 0);
        insert(store, random, tasks).await;
    }
}

/// Compares the pages of so many random filters. The same seed makes the same tasks and filters.
pub async fn compare(rig: &dyn Rig, seed: u64, filters: usize) {
    rig.clear().await;
    let mut random = Rng::with_seed(seed);
    fill(rig, &mut random).await;
    let store = rig.admin();
    let mut matched = 0;
    for _ in 0..filters {
        let all = Filter { limit: 1_000, ..Filter::default() };
        let rows = store.page(&PageRequest::new(&all)).await.unwrap();
        assert!(rows.next.is_none(), "more tasks than a page has");
        let filter = filter(&mut random, &rows.tasks);
        let now = store.now().await.unwrap();
        let known: BTreeSet<Uuid> = rows.tasks.iter().map(|task| task.id).collect();
        let expected = rows.tasks.iter().filter(|task| filter.matches(task, now)).map(|task| task.id);
        let mut expected: Vec<Uuid> = expected.collect();
        let request = PageRequest { limit: random.u32(1..12), ..PageRequest::new(&filter) };
        let request = PageRequest { newest_first: random.u8(..4) == 0, ..request };
        let mut found = joined(&*store, &mut random, request).await;
        found.retain(|id| known.contains(id));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{request:?}; set FANG_PAGES_SEED={seed} to repeat it");
        matched += expected.len();
    }
    assert!(matched > filters, "the filters are too narrow: {matched} tasks; FANG_PAGES_SEED={seed}");
}
