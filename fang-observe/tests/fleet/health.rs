//! `/health` and `/ready`

use crate::http::Server;
use fang::{AsyncQueue, AsyncWorkerPool, MemoryQueue, NoTls};
use fang_observe::pool_routes;
use fang_test_support::{Network, Proxy, TestDatabase};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_process_is_ready_while_all_its_pools_claim_and_healthy_until_one_has_stopped() {
    let pool = || AsyncWorkerPool::builder().number_of_workers(1_u32).queue(MemoryQueue::new()).build();
    let (mut one, mut other) = (pool(), pool());
    let server = Server::start(pool_routes([one.monitor(), other.monitor()])).await;
    let answers = async || {
        let (health, ready) = (server.get("/health").await, server.get("/ready").await);
        (health.status, ready.status, ready.body)
    };
    one.start().await.unwrap();
    assert_eq!(answers().await, (200, 503, "pool 2 does not run\n".to_owned()));
    other.start().await.unwrap();
    assert_eq!(answers().await, (200, 200, "ready\n".to_owned()));
    other.quiet();
    assert_eq!(answers().await, (200, 503, "pool 2 is quiet\n".to_owned()));
    other.resume();
    one.shutdown(DEADLINE).await;
    assert_eq!(answers().await, (503, 503, "pool 1 does not run\n".to_owned()));
    other.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn a_pool_that_lost_its_store_is_healthy_and_not_ready_until_it_is_answered_again() {
    let database = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(database.uri()).unwrap();
    let mut queue = AsyncQueue::builder().uri(proxy.uri()).max_pool_size(2_u32).build();
    queue.connect(NoTls).await.unwrap();
    queue.migrate().await.unwrap();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    pool.start().await.unwrap();
    let server = Server::start(pool_routes([pool.monitor()])).await;
    server.until("/ready", |answer| answer.status == 200).await;
    proxy.set(Network::Reset);
    let answer = server.until("/ready", |answer| answer.status == 503).await;
    assert_eq!(answer.body, "pool 1 gets no answer from its store\n");
    assert_eq!(server.get("/health").await.body, "healthy\n");
    proxy.set(Network::Pass);
    server.until("/ready", |answer| answer.status == 200).await;
    pool.shutdown(DEADLINE).await;
}
