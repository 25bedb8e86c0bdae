use crate::bench::{Bench, PATIENCE, until};
use crate::task::How;
use fang_blocking::{Backend, block_on};
use fang_core::{FangTaskState, RetentionMode};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub fn shutdown_hands_back_what_has_not_begun<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    // Short runs first, so that the pool claims ahead; then one that holds the only worker.
    bench.insert_many(50, &How::Succeed);
    for _ in 0..50 {
        bench.next();
    }
    bench.insert_many(20, &How::Wait);
    bench.next();
    let shutdown = thread::spawn(move || pool.shutdown(PATIENCE));
    // One runs; all others are free again while it still does. Before that, none of them is written while they are
    // held, and then all are for a moment.
    until(|| bench.count(FangTaskState::New) == 19 && bench.count(FangTaskState::InProgress) == 1);
    bench.gate.open(1);
    assert_eq!(shutdown.join().unwrap().still_running, 0);
    assert_eq!(bench.count(FangTaskState::InProgress), 0);
    assert_eq!(bench.count(FangTaskState::New), 19);
}

pub fn shutdown_waits_for_what_runs<Q: Backend>(bench: &Bench<Q>) {
    let task = bench.insert("slow", How::Wait);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    bench.next();
    let shutdown = thread::spawn(move || pool.shutdown(PATIENCE));
    bench.gate.open(1);
    let report = shutdown.join().unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
    assert_eq!(block_on(bench.store.find(task.id)).unwrap(), None);
}

pub fn shutdown_hands_back_uncharged_what_runs_at_the_deadline<Q: Backend>(bench: &Bench<Q>) {
    let task = bench.insert("endless", How::Wait);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    bench.next();
    let report = pool.shutdown(Duration::ZERO);
    // A thread cannot be stopped.
    assert_eq!((report.handed_back, report.still_running), (1, 1));
    let row = block_on(bench.store.find(task.id)).unwrap().unwrap();
    assert_eq!((row.state, row.retries, row.crashes, row.lease), (FangTaskState::New, 0, 0, 1));
    assert_eq!(row.scheduled_at, task.scheduled_at);
}

pub fn what_a_run_says_after_it_was_handed_back_counts_no_longer<Q: Backend>(bench: &Bench<Q>) {
    let task = bench.insert("twice", How::Wait);
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    bench.next();
    pool.shutdown(Duration::ZERO);
    let mut next = bench.pool_keeping(1, RetentionMode::KeepAll);
    next.start().unwrap();
    let again = bench.next();
    assert_eq!((again.attempt, again.lease), (1, 2));
    // The first of the two to end may be the one that counts no longer.
    bench.gate.open(1);
    bench.gate.open(1);
    let row = bench.row_in(&task, FangTaskState::Finished);
    assert_eq!((row.retries, row.lease), (0, 2));
    assert_eq!(next.shutdown(PATIENCE).late_results, 0);
}

pub fn a_task_learns_that_its_pool_is_shutting_down<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    bench.insert("polite", How::WaitForShutdown);
    bench.next();
    assert_eq!(pool.shutdown(PATIENCE).handed_back, 0);
    assert_eq!(block_on(bench.store.count()).unwrap(), []);
}

pub fn run_until_ends_with_its_signal<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    let (stop, stopped) = mpsc::channel::<()>();
    bench.insert("only", How::Succeed);
    let run = thread::spawn(move || pool.run_until(|| stopped.recv()).unwrap());
    bench.next();
    stop.send(()).unwrap();
    assert_eq!(run.join().unwrap().still_running, 0);
}

pub fn a_pool_can_be_started_again<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    for name in ["first", "second"] {
        pool.start().unwrap();
        bench.insert(name, How::Succeed);
        assert_eq!(bench.next().name, name);
        pool.shutdown(PATIENCE);
    }
}

pub fn dropping_a_pool_does_not_stop_it<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    drop(pool);
    bench.insert("still", How::Succeed);
    assert_eq!(bench.next().name, "still");
}
