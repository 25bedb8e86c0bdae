//! Random verbs.

use fang_core::Priority;
use fang_core::store::Verdict;
use proptest::prelude::*;
use std::time::Duration;

/// How many tasks a history has. Few, so that verbs meet the same tasks.
pub const TASKS: usize = 6;
/// A delay, in seconds, that is not near a multiple of [`ADVANCE`].
pub const DELAY: u64 = 50;
/// How many seconds pass at once.
pub const ADVANCE: u64 = 20;

/// A task to insert. The number decides its key.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    pub task: usize,
    pub is_delayed: bool,
    pub priority: Priority,
}

/// One result.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The claim, counted back from the newest.
    pub claim: usize,
    /// The difference between the lease in the result and that of the claim.
    pub off_by: i32,
    pub verdict: Verdict,
}

#[derive(Clone, Debug)]
pub enum Remove {
    All,
    Scheduled,
    TaskType,
    Unique(usize),
    Id(usize),
}

/// A verb. Workers are counted from the first that registered, modulo one more than there are. The last number is a
/// worker that never registered.
#[derive(Clone, Debug)]
pub enum Verb {
    Register,
    Insert(Vec<Fresh>),
    Claim {
        worker: usize,
        limit: usize,
    },
    /// By the worker of the first of these claims, or by another worker.
    Finish {
        by: Option<usize>,
        results: Vec<Outcome>,
    },
    /// Marks one of the claims made so far, by its worker or by another.
    Suspect {
        by: Option<usize>,
        claim: usize,
    },
    Beat(usize),
    Retire(usize),
    Rescue,
    Disown {
        worker: usize,
        known: Vec<usize>,
    },
    Retry(usize),
    Cancel(usize),
    /// The cancelled tasks of a worker.
    Cancellations(usize),
    Remove(Remove),
    Advance,
}

pub fn any() -> impl Strategy<Value = Verb> {
    let worker = || 0..8_usize;
    let task = || 0..TASKS;
    prop_oneof![
        2 => Just(Verb::Register),
        4 => fresh().prop_map(Verb::Insert),
        6 => (worker(), prop_oneof![Just(1_usize), Just(2), Just(10)])
            .prop_map(|(worker, limit)| Verb::Claim { worker, limit }),
        5 => (prop::option::weighted(0.2, worker()), prop::collection::vec(outcome(), 1..4))
            .prop_map(|(by, results)| Verb::Finish { by, results }),
        3 => (prop::option::weighted(0.2, worker()), 0..64_usize)
            .prop_map(|(by, claim)| Verb::Suspect { by, claim }),
        3 => worker().prop_map(Verb::Beat),
        1 => worker().prop_map(Verb::Retire),
        2 => Just(Verb::Rescue),
        1 => (worker(), prop::collection::vec(task(), 0..4))
            .prop_map(|(worker, known)| Verb::Disown { worker, known }),
        2 => task().prop_map(Verb::Retry),
        2 => task().prop_map(Verb::Cancel),
        2 => worker().prop_map(Verb::Cancellations),
        1 => remove().prop_map(Verb::Remove),
        3 => Just(Verb::Advance),
    ]
}

fn fresh() -> impl Strategy<Value = Vec<Fresh>> {
    let one = (prop::bool::ANY, prop_oneof![Just(Priority::Urgent), Just(Priority::Normal)]);
    let tasks = Just((0..TASKS).collect::<Vec<_>>()).prop_shuffle();
    (tasks, prop::collection::vec(one, 1..4)).prop_map(|(tasks, ones)| {
        let fresh = |(task, (is_delayed, priority))| Fresh { task, is_delayed, priority };
        tasks.into_iter().zip(ones).map(fresh).collect()
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let off_by = prop_oneof![4 => Just(0), 1 => Just(-1), 1 => Just(1)];
    (0..64_usize, off_by, verdict()).prop_map(|(claim, off_by, verdict)| Outcome { claim, off_by, verdict })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let delay = || prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(DELAY))];
    let error = || prop_oneof![Just("no".to_owned()), Just("nö\n'".to_owned())];
    prop_oneof![
        Just(Verdict::Remove),
        Just(Verdict::Keep),
        (delay(), error()).prop_map(|(delay, error)| Verdict::Retry { delay, error }),
        error().prop_map(|error| Verdict::Fail { error }),
        (delay(), proptest::bool::ANY).prop_map(|(delay, has_begun)| Verdict::Release { delay, has_begun }),
        (delay(), error()).prop_map(|(delay, error)| Verdict::Unknown { delay, error }),
    ]
}

fn remove() -> impl Strategy<Value = Remove> {
    prop_oneof![
        1 => Just(Remove::All),
        1 => Just(Remove::Scheduled),
        1 => Just(Remove::TaskType),
        2 => (0..2_usize).prop_map(Remove::Unique),
        4 => (0..TASKS).prop_map(Remove::Id),
    ]
}
