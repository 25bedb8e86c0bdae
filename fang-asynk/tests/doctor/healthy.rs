//! No false alarms.

use crate::ward::{Ward, findings, queue};
use fang_asynk::{AsyncBackend, AsyncQueue, AsyncWorkerPool, MemoryQueue, NoTls};
use fang_test_support::{Cluster, Durability, ODD_SETTINGS, TestDatabase};
use std::time::Duration;

/// The statements of the guide for a program with pools, with another name of the role.
fn grants(role: &str) -> String {
    let guide = include_str!("../../../src/guide/deploying.md");
    let sql = guide.split("-- A program that inserts and runs tasks").nth(1).unwrap();
    let (_, sql) = sql.split("-- A program that only inserts").next().unwrap().split_once('\n').unwrap();
    sql.replace(" TO worker", &format!(" TO {role}"))
}

async fn none(queue: &AsyncQueue<NoTls>) {
    let found = queue.admin().unwrap().examine().await.unwrap();
    assert_eq!(found, []);
}

/// On a server with the settings of Postgres, also for a role with the rights of the guide only.
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_database_with_a_healthy_pool_has_no_finding() {
    let cluster = Cluster::create(Durability::Durable).unwrap();
    let ward = Ward::empty(TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap()).await;
    ward.queue.migrate().await.unwrap();
    none(&ward.queue).await;
    let named = AsyncQueue::<NoTls>::builder().uri(ward.database.uri()).schema("it's \"odd\"").build();
    named.migrate().await.unwrap();
    none(&named).await;
    let role = ward.role("worker", grants).await;
    let theirs = queue(&role.uri);
    let mut pool: AsyncWorkerPool<AsyncQueue<NoTls>> =
        AsyncWorkerPool::builder().number_of_workers(1_u32).queue(theirs.clone()).build();
    pool.start().await.unwrap();
    for queue in [&ward.queue, &theirs] {
        none(queue).await;
    }
    let pooled = AsyncQueue::<NoTls>::builder().uri(ward.database.uri()).pgbouncer(true).build();
    none(&pooled).await;
    pool.shutdown(Duration::from_secs(10)).await;
    drop((pool, theirs));
    ward.drop_role(role).await;
}

/// Of these settings, only one hurts.
#[tokio::test]
async fn odd_defaults_of_a_database_mislead_no_check() {
    let ward = Ward::open().await;
    ward.run(ODD_SETTINGS).await;
    for pgbouncer in [false, true] {
        let queue = AsyncQueue::<NoTls>::builder().uri(ward.database.uri()).pgbouncer(pgbouncer).build();
        let codes: Vec<_> = findings(&queue).await.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["commits-may-be-lost"]);
    }
}

#[tokio::test]
async fn a_fresh_store_in_memory_has_no_finding() {
    let queue = MemoryQueue::new();
    assert_eq!(queue.admin().unwrap().examine().await.unwrap(), []);
}
