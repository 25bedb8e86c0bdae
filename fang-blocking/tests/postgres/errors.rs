use crate::world::{World, say};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use fang_blocking::{PgConnection, Queue, WorkerPool};
use fang_core::{
    FangError, NewTask, PayloadError, QueueError, Queueable, Runnable, ScheduleError, Scheduled, StoreError,
    typetag,
};
use fang_test_support::{Cluster, Durability};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::time::{Duration, Instant};

fn queue(uri: &str) -> Queue {
    Queue::builder().uri(uri).max_pool_size(1_u32).build()
}

fn pool(queue: Queue) -> WorkerPool<Queue> {
    WorkerPool::builder().number_of_workers(1_u32).queue(queue).build()
}

/// What each way to the database says.
fn errors(uri: &str) -> [QueueError; 3] {
    let queue = queue(uri);
    [
        queue.migrate().unwrap_err(),
        queue.insert_task(&say("x")).unwrap_err(),
        pool(queue).start().unwrap_err(),
    ]
}

#[test]
fn a_wrong_uri_is_told_without_being_shown() {
    for uri in [
        "not a uri hunter2",
        "postgres://u:hunter2@host:port/db",
        "user=hunter2 prot=1",
        "user='hunter2",
        "postgres:/app:hunter2@localhost/app?connect_timeout=3",
        "app:hunter2@localhost/app?sslmode=disable",
        "host=x password=hunter2 hunter2=3",
    ] {
        for error in errors(uri) {
            assert!(matches!(error, QueueError::Store(StoreError::Uri { .. })), "{uri}: {error:?}");
            assert!(error.to_string().contains("postgres://user:password@host"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}

#[test]
fn a_server_that_is_down_is_told_at_once_by_migrate_insert_and_start() {
    // Nobody listens on a port that was free a moment ago.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let began = Instant::now();
    for error in errors(&format!("postgres://fang:hunter2@127.0.0.1:{port}/fang")) {
        assert!(matches!(error, QueueError::Store(StoreError::Unreachable { .. })), "{error:?}");
        assert!(error.to_string().contains("check that it runs"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_wrong_password_a_missing_one_and_a_missing_database_are_refused() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let hba = cluster.data_dir().join("pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    let mut file = std::fs::File::create(&hba).unwrap();
    write!(file, "host all guarded 127.0.0.1/32 scram-sha-256\n{rules}").unwrap();
    let mut admin = PgConnection::establish(&cluster.uri("postgres")).unwrap();
    admin.batch_execute("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf()").unwrap();
    let at = format!("127.0.0.1:{}", cluster.port());
    let uris = [
        format!("postgres://guarded:hunter2@{at}/postgres"),
        format!("postgres://guarded@{at}/postgres"),
        format!("postgres://postgres@{at}/no_such_database"),
    ];
    for uri in uris {
        for error in errors(&uri) {
            assert!(matches!(error, QueueError::Store(StoreError::Refused { .. })), "{error:?}");
            assert!(error.to_string().contains("check user, password and database"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}

#[test]
fn a_queue_with_neither_a_pool_nor_a_uri_says_so() {
    let error = Queue::builder().build().insert_task(&say("x")).unwrap_err();
    assert!(matches!(error, QueueError::NotConnected), "{error:?}");
}

#[test]
fn a_schema_that_was_never_migrated_is_told_by_insert_and_start() {
    let world = World::without_schema();
    let errors =
        [world.queue.insert_task(&say("x")).unwrap_err(), pool(world.queue.clone()).start().unwrap_err()];
    for error in errors {
        assert!(matches!(error, QueueError::Store(StoreError::NotMigrated { .. })), "{error:?}");
        assert!(error.to_string().contains("queue.migrate()"), "{error}");
    }
}

#[test]
fn a_migration_that_cannot_have_its_lock_says_so_and_holds_nobody_up_for_long() {
    let world = World::new();
    world.run(fang_postgres::migrations::POSTGRES.last().unwrap().down);
    // Whatever else it changes, a step writes its version.
    world.run("BEGIN; LOCK TABLE fang_meta IN SHARE MODE");
    let error = world.queue.migrate().unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Locked { .. })), "{error:?}");
    world.run("COMMIT");
    assert_eq!(world.queue.migrate().unwrap(), 1);
}

#[test]
fn a_pool_without_workers_is_refused() {
    let world = World::new();
    let mut pool = WorkerPool::builder().number_of_workers(0_u32).queue(world.queue.clone()).build();
    assert!(matches!(pool.start().unwrap_err(), QueueError::NoWorkers));
}

#[test]
fn a_payload_too_large_or_with_a_nul_is_refused_and_its_size_can_be_allowed() {
    let world = World::new();
    let large = say(&"x".repeat(1024 * 1024));
    let error = world.queue.insert_task(&large).unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::TooLarge { .. })), "{error:?}");
    assert!(error.to_string().contains("Say") && error.to_string().contains("max_payload_bytes"), "{error}");
    let error = world.queue.insert_task(&say("a\0b")).unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error:?}");
    let roomy = Queue::builder().uri(world.database.uri()).max_payload_bytes(16 * 1024 * 1024).build();
    roomy.insert_task(&say(&"x".repeat(10 * 1024 * 1024))).unwrap();
}

#[test]
fn one_bad_task_in_a_bulk_insert_is_told_before_anything_is_saved() {
    let world = World::new();
    let good = NewTask::blocking(&say("good")).unwrap();
    let bad = NewTask::blocking(&say("a\0b")).unwrap();
    assert!(world.queue.insert_tasks(vec![good, bad]).is_err());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
}

#[derive(Serialize, Deserialize)]
struct Planned(Option<String>);

#[typetag::serde]
impl Runnable for Planned {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        self.0.clone().map(Scheduled::CronPattern)
    }
}

#[test]
fn a_schedule_that_cannot_be_followed_is_refused() {
    let world = World::new();
    let refused = |pattern: Option<&str>| {
        let task = Planned(pattern.map(str::to_owned));
        match world.queue.schedule_task(&task).unwrap_err() {
            QueueError::Schedule(error) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused(None), ScheduleError::Missing));
    assert!(matches!(refused(Some("every day")), ScheduleError::Pattern { .. }));
    assert!(matches!(refused(Some("0 0 0 30 2 * *")), ScheduleError::NeverFires { .. }));
    assert!(matches!(refused(Some("@every 0s")), ScheduleError::Interval { .. }));
    assert_eq!(world.number("SELECT count(*) FROM fang_crons"), 0);
}
