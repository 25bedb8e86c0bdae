use super::{SharedInserts, Spawn};
use crate::runtime::BoxFuture;
use fang_core::memory::MemoryStore;
use fang_core::store::{Filter, Store};
use fang_core::{Mode, NewTask};
use futures_util::FutureExt;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake};
use uuid::Uuid;

thread_local! {
    /// What was spawned, to be run or dropped by the test.
    static SPAWNED: RefCell<Vec<BoxFuture<'static, ()>>> = const { RefCell::new(Vec::new()) };
}

fn spawned() -> Vec<BoxFuture<'static, ()>> {
    SPAWNED.take()
}

fn run_spawned() {
    spawned().into_iter().for_each(|future| future.now_or_never().expect("memory never waits"));
}

fn runtime() -> Option<Spawn> {
    Some(Box::new(|future| SPAWNED.with_borrow_mut(|spawned| spawned.push(future))))
}

fn task(number: u128) -> NewTask {
    NewTask::new("{}".to_owned(), "common".to_owned(), Mode::Asynk).with_id(Uuid::from_u128(number))
}

/// Inserts while another caller sends its tasks itself.
struct Crowd {
    inserts: Arc<SharedInserts>,
    store: Arc<dyn Store>,
}

impl Crowd {
    fn new() -> Self {
        let inserts = Arc::new(SharedInserts::spawned(runtime));
        inserts.state().has_lone = true;
        Self { inserts, store: Arc::new(MemoryStore::new(chrono::Utc::now)) }
    }

    /// An insert that waits.
    fn begin(&self, number: u128) -> BoxFuture<'static, super::Outcome> {
        let (inserts, store) = (self.inserts.clone(), self.store.clone());
        let mut insert: BoxFuture<'static, _> =
            Box::pin(async move { inserts.insert(&store, &[task(number)]).await });
        assert!((&mut insert).now_or_never().is_none());
        insert
    }

    fn saved(&self) -> usize {
        self.store.list(&Filter::default()).now_or_never().expect("memory never waits").unwrap().len()
    }

    fn is_idle(&self) -> bool {
        let state = self.inserts.state();
        state.senders == 0 && state.waiting.is_empty()
    }
}

#[test]
fn each_caller_of_a_statement_gets_its_own_answer() {
    let crowd = Crowd::new();
    let callers = [3, 1, 2].map(|number| (number, crowd.begin(number)));
    run_spawned();
    for (number, insert) in callers {
        let inserted = insert.now_or_never().expect("it has an answer").unwrap();
        assert_eq!(inserted.iter().map(|task| task.id.as_u128()).collect::<Vec<_>>(), [number]);
    }
    assert!(crowd.is_idle());
}

#[test]
fn a_caller_that_gives_up_withdraws_its_tasks() {
    let crowd = Crowd::new();
    let (leaves, stays) = (crowd.begin(1), crowd.begin(2));
    drop(leaves);
    run_spawned();
    assert!(stays.now_or_never().is_some_and(|outcome| outcome.is_ok()));
    assert_eq!(crowd.saved(), 1);
}

/// Counts how often it is woken, and needs the lock of the inserts for that.
struct Waiter {
    inserts: Arc<SharedInserts>,
    woken: AtomicUsize,
}

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        drop(self.inserts.state());
        self.woken.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_caller_that_waits_is_woken_once_and_one_that_has_left_is_not() {
    let crowd = Crowd::new();
    let waiter = Arc::new(Waiter { inserts: crowd.inserts.clone(), woken: AtomicUsize::new(0) });
    let (mut leaves, mut stays) = (crowd.begin(1), crowd.begin(2));
    let waker = waiter.clone().into();
    for insert in [&mut leaves, &mut stays] {
        assert!(insert.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    drop(leaves);
    assert_eq!(waiter.woken.load(Ordering::SeqCst), 0);
    run_spawned();
    assert_eq!(waiter.woken.load(Ordering::SeqCst), 1);
    assert!(stays.now_or_never().is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn callers_that_lead_pass_the_lead_on() {
    let crowd = Crowd::new();
    let inserts = Arc::new(SharedInserts::led());
    inserts.state().has_lone = true;
    for number in 1..=3 {
        let tasks = [task(number)];
        let insert = inserts.insert(&crowd.store, &tasks);
        assert!(insert.now_or_never().is_some_and(|outcome| outcome.is_ok()), "it leads its own statement");
    }
    assert_eq!(crowd.saved(), 3);
    assert_eq!(inserts.state().senders, 0);
}

#[test]
fn callers_whose_runtime_goes_down_get_an_error_and_later_ones_are_served() {
    let crowd = Crowd::new();
    let waits = crowd.begin(1);
    drop(spawned());
    let error = waits.now_or_never().expect("it has an answer").unwrap_err();
    assert!(error.to_string().contains("may have been saved"), "{error}");
    let later = crowd.begin(2);
    run_spawned();
    assert!(later.now_or_never().is_some_and(|outcome| outcome.is_ok()));
    assert!(crowd.is_idle());
}

#[test]
fn a_caller_without_a_runtime_sends_its_tasks_itself() {
    let crowd = Crowd::new();
    let inserts = Arc::new(SharedInserts::spawned(|| None));
    inserts.state().has_lone = true;
    assert!(inserts.insert(&crowd.store, &[task(1)]).now_or_never().is_some_and(|outcome| outcome.is_ok()));
}
