use crate::bench::{Bench, PATIENCE};
use crate::task::How;
use fang_asynk::AsyncBackend;
use fang_core::FangTaskState;
use std::time::Duration;
use tokio::sync::oneshot;

pub async fn shutdown_hands_back_what_has_not_begun<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    // Short runs first, so that the pool claims ahead; then one that holds the only worker.
    bench.insert_many(50, How::Succeed).await;
    for _ in 0..50 {
        bench.next().await;
    }
    bench.insert_many(20, How::Wait).await;
    bench.next().await;
    let shutdown = tokio::spawn(async move { pool.shutdown(PATIENCE).await });
    // One runs; all others are free again while it still does. Before that, none of them is written while they are
    // held, and then all are for a moment.
    let given_back = async {
        while bench.count(FangTaskState::New).await != 19 || bench.count(FangTaskState::InProgress).await != 1
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, given_back).await.unwrap();
    bench.gate.0.add_permits(1);
    assert_eq!(shutdown.await.unwrap().still_running, 0);
    assert_eq!(bench.count(FangTaskState::InProgress).await, 0);
    assert_eq!(bench.count(FangTaskState::New).await, 19);
}

pub async fn shutdown_waits_for_what_runs<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let task = bench.insert("slow", How::Wait).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.next().await;
    let (gate, shutdown) = (bench.gate.clone(), pool.shutdown(PATIENCE));
    let (report, ()) = tokio::join!(shutdown, async move { gate.0.add_permits(1) });
    assert_eq!((report.handed_back, report.still_running), (0, 0));
    assert_eq!(bench.store.find(task.id).await.unwrap(), None);
}

pub async fn shutdown_hands_back_uncharged_what_runs_at_the_deadline<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let task = bench.insert("endless", How::Wait).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.next().await;
    let report = pool.shutdown(Duration::ZERO).await;
    assert_eq!((report.handed_back, report.still_running), (1, 0));
    let row = bench.store.find(task.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.retries, row.crashes, row.lease), (FangTaskState::New, 0, 0, 1));
    assert_eq!(row.scheduled_at, task.scheduled_at);
}

pub async fn a_task_learns_that_its_pool_is_shutting_down<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.insert("polite", How::WaitForShutdown).await;
    bench.next().await;
    assert_eq!(pool.shutdown(PATIENCE).await.handed_back, 0);
    assert_eq!(bench.store.count().await.unwrap(), []);
}

pub async fn run_until_ends_with_its_signal<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    let (stop, stopped) = oneshot::channel::<()>();
    bench.insert("only", How::Succeed).await;
    let run = tokio::spawn(async move { pool.run_until(stopped).await.unwrap() });
    bench.next().await;
    stop.send(()).unwrap();
    assert_eq!(run.await.unwrap().still_running, 0);
}

pub async fn a_pool_can_be_started_again<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    for name in ["first", "second"] {
        pool.start().await.unwrap();
        bench.insert(name, How::Succeed).await;
        assert_eq!(bench.next().await.name, name);
        pool.shutdown(PATIENCE).await;
    }
}

pub async fn dropping_a_pool_does_not_stop_it<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    drop(pool);
    bench.insert("still", How::Succeed).await;
    assert_eq!(bench.next().await.name, "still");
}
