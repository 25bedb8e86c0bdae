//! The doctor in the blocking mode, over diesel. The tests of fang-asynk provoke each of its findings.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use diesel::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use fang_blocking::{Backend, Queue, WorkerPool};
use fang_core::{FangError, NewTask, Queueable, Runnable, typetag};
use fang_test_support::{PgBouncer, TestDatabase};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The struct after a change: `user` was a number.
#[derive(Serialize, Deserialize)]
struct Letter {
    user: String,
}

#[typetag::serde]
impl Runnable for Letter {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }
}

struct Ward {
    runtime: tokio::runtime::Runtime,
    database: TestDatabase,
    queue: Queue,
}

impl Ward {
    fn open() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database = runtime.block_on(TestDatabase::create()).unwrap();
        let queue = Queue::builder().uri(database.uri()).max_pool_size(1_u32).build();
        Self { runtime, database, queue }
    }

    fn run(&self, sql: &str) {
        let run = async { self.database.client().await.unwrap().batch_execute(sql).await.unwrap() };
        self.runtime.block_on(run);
    }
}

/// The codes of what it finds, but for the settings of test servers.
fn codes(queue: &Queue) -> Vec<&'static str> {
    let found = queue.admin().unwrap().examine().unwrap();
    found.iter().map(|finding| finding.code).filter(|code| *code != "not-crash-safe").collect()
}

#[test]
fn a_healthy_pool_has_no_finding_and_troubles_are_found() {
    let ward = Ward::open();
    assert_eq!(codes(&ward.queue), ["no-tables"]);
    ward.queue.migrate().unwrap();
    let mut pool = WorkerPool::builder().queue(ward.queue.clone()).number_of_workers(1_u32).build();
    pool.start().unwrap();
    assert_eq!(codes(&ward.queue), [""; 0]);
    pool.shutdown(Duration::from_secs(10));
    let manager = ConnectionManager::<PgConnection>::new(ward.database.uri());
    let theirs =
        Queue::builder().connection_pool(Pool::builder().max_size(2).build(manager).unwrap()).build();
    assert_eq!(codes(&theirs), [""; 0]);
    ward.run(
        "DROP INDEX fang_tasks_kept; INSERT INTO fang_queues VALUES ('mails', now() - interval '2 days')",
    );
    ward.queue.insert(NewTask::of_kind("Mail", serde_json::json!({})).task_type("mails")).unwrap();
    for queue in [&ward.queue, &theirs] {
        assert_eq!(codes(queue), ["missing-index", "paused-long"]);
    }
}

#[test]
fn a_pooler_that_the_queue_does_not_know_is_found() {
    let ward = Ward::open();
    ward.queue.migrate().unwrap();
    for connections in [1, 2] {
        let bouncer = ward.runtime.block_on(PgBouncer::start(ward.database.uri(), connections)).unwrap();
        let queue = Queue::builder().uri(bouncer.uri()).max_pool_size(1_u32).build();
        // The only connection of a pooler shows by its age, and is young at first.
        let found = (0..1000).map(|_| codes(&queue)).find(|found| !found.is_empty());
        assert_eq!(found, Some(vec!["pooler"]));
        let queue = Queue::builder().uri(bouncer.uri()).max_pool_size(1_u32).pgbouncer(true).build();
        assert_eq!(codes(&queue), [""; 0]);
    }
}

#[test]
fn payloads_that_a_program_cannot_read_are_found() {
    let ward = Ward::open();
    ward.queue.migrate().unwrap();
    ward.queue
        .insert(NewTask::of_kind("Earlier", serde_json::json!({"user": 7})).mode(fang_core::Mode::Blocking))
        .unwrap();
    ward.run(r#"UPDATE fang_tasks SET metadata = metadata || '{"type": "Letter"}'"#);
    let found = ward.queue.admin().unwrap().check_payloads().unwrap();
    assert_eq!((found[0].kind.as_str(), found[0].tasks), ("Letter", 1));
    assert_eq!(found[0].reason, "there is another value in place of a string, at `user`");
    ward.run("UPDATE fang_tasks SET mode = 1");
    assert_eq!(ward.queue.admin().unwrap().check_payloads().unwrap(), [], "no async task has this kind");
}
