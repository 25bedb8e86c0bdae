//! Errors: their variants, their messages, and that they contain no secrets.

use crate::seam::{Client, Mode, Options, Queue, World, idle, say};
use fang_asynk::NoTls;
use fang_core::{PayloadError, QueueError, ScheduleError, Scheduled, StoreError};
use fang_test_support::{Cluster, Durability};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::time::{Duration, Instant};

crate::each_mode! {
    an_invalid_uri_is_reported_without_quoting_it,
    every_call_reports_at_once_that_the_server_is_down,
    a_wrong_password_a_missing_one_and_a_missing_database_are_refused,
    insert_and_start_report_a_missing_schema,
    a_migration_that_cannot_get_its_lock_fails_soon_and_says_why,
    a_large_payload_or_a_nul_is_refused_and_the_limit_can_be_raised,
    a_bulk_insert_with_one_bad_task_saves_nothing,
    an_invalid_schedule_is_refused,
}

crate::one_mode! {
    only_blocking, Blocking,
    a_queue_with_neither_a_pool_nor_a_uri_says_so,
}

/// Returns the errors of all calls that connect to the database.
pub(super) async fn errors(mode: Mode, uri: &str) -> Vec<QueueError> {
    let world = World::at(mode, uri);
    let mut errors = vec![
        world.queue.migrate().await.unwrap_err(),
        world.queue.insert_task(&say("x")).await.unwrap_err(),
        world.pool(1).build().start().await.unwrap_err(),
    ];
    if let Queue::Asynk(mut queue) = world.queue {
        errors.push(queue.connect(NoTls).await.unwrap_err());
    }
    errors
}

fn keeps_the_secret(error: &QueueError) {
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

async fn an_invalid_uri_is_reported_without_quoting_it(mode: Mode) {
    // Without a host, libpq uses its defaults, so only tokio-postgres refuses such a URI.
    let of_mode = match mode {
        Mode::Asynk => ["", "postgres://"].as_slice(),
        Mode::Blocking => &["user='hunter2"],
    };
    let of_both = [
        "not a uri hunter2",
        "postgres://u:hunter2@host:port/db",
        "user=hunter2 prot=1",
        "postgres:/app:hunter2@localhost/app?connect_timeout=3",
        "app:hunter2@localhost/app?sslmode=disable",
        "host=x password=hunter2 hunter2=3",
    ];
    for uri in of_both.iter().chain(of_mode) {
        for error in errors(mode, uri).await {
            assert!(matches!(error, QueueError::Store(StoreError::Uri { .. })), "{uri}: {error:?}");
            assert!(error.to_string().contains("postgres://user:password@host"), "{error}");
            keeps_the_secret(&error);
        }
    }
}

async fn every_call_reports_at_once_that_the_server_is_down(mode: Mode) {
    // No server listens on a port that was free a moment ago.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let began = Instant::now();
    for error in errors(mode, &format!("postgres://fang:hunter2@127.0.0.1:{port}/fang")).await {
        assert!(matches!(error, QueueError::Store(StoreError::Unreachable { .. })), "{error:?}");
        assert!(error.to_string().contains("check that it runs"), "{error}");
        keeps_the_secret(&error);
    }
    assert!(began.elapsed() < Duration::from_secs(5));
}

async fn a_wrong_password_a_missing_one_and_a_missing_database_are_refused(mode: Mode) {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let hba = cluster.data_dir().join("pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    let mut file = std::fs::File::create(&hba).unwrap();
    write!(file, "host all guarded 127.0.0.1/32 scram-sha-256\n{rules}").unwrap();
    let mut admin = Client::connect(mode, &cluster.uri("postgres")).await.unwrap();
    admin.run("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf()").await.unwrap();
    let at = format!("127.0.0.1:{}", cluster.port());
    let uris = [
        format!("postgres://guarded:hunter2@{at}/postgres"),
        format!("postgres://guarded@{at}/postgres"),
        format!("postgres://postgres@{at}/no_such_database"),
    ];
    for uri in uris {
        for error in errors(mode, &uri).await {
            assert!(matches!(error, QueueError::Store(StoreError::Refused { .. })), "{error:?}");
            assert!(error.to_string().contains("check user, password, database"), "{error}");
            keeps_the_secret(&error);
        }
    }
    // The server counts the connections of a role once it has proved its password.
    admin.run("ALTER ROLE guarded CONNECTION LIMIT 0").await.unwrap();
    let world = World::at(mode, &format!("postgres://guarded:right@{at}/postgres"));
    let error = world.queue.insert_task(&say("x")).await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::TooManyConnections { .. })), "{error:?}");
}

async fn a_queue_with_neither_a_pool_nor_a_uri_says_so(_: Mode) {
    let queue = Queue::Blocking(fang_blocking::Queue::builder().build());
    let error = queue.insert_task(&say("x")).await.unwrap_err();
    assert!(matches!(error, QueueError::NotConnected), "{error:?}");
}

async fn insert_and_start_report_a_missing_schema(mode: Mode) {
    let world = World::without_schema(mode).await;
    let mut pool = world.pool(1).build();
    let errors = [world.queue.insert_task(&say("x")).await.unwrap_err(), pool.start().await.unwrap_err()];
    for error in errors {
        assert!(matches!(error, QueueError::Store(StoreError::NotMigrated { .. })), "{error:?}");
        assert!(error.to_string().contains("queue.migrate()"), "{error}");
    }
}

async fn a_migration_that_cannot_get_its_lock_fails_soon_and_says_why(mode: Mode) {
    let world = World::postgres(mode).await;
    a_migration_waits_for_a_held_lock(&world).await;
}

/// Takes the last migration back, and makes it again while another session has its lock.
pub async fn a_migration_waits_for_a_held_lock(world: &World) {
    world.run(fang_postgres::migrations::POSTGRES.last().unwrap().down).await;
    // Every migration writes its version into this table.
    world.run("BEGIN; LOCK TABLE fang_meta IN SHARE MODE").await;
    let error = world.queue.migrate().await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Locked { .. })), "{error:?}");
    world.run("COMMIT").await;
    assert_eq!(world.queue.migrate().await.unwrap(), 1);
}

async fn a_large_payload_or_a_nul_is_refused_and_the_limit_can_be_raised(mode: Mode) {
    let world = World::postgres(mode).await;
    let large = say(&"x".repeat(1024 * 1024));
    let error = world.queue.insert_task(&large).await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::TooLarge { .. })), "{error:?}");
    assert!(error.to_string().contains("Say") && error.to_string().contains("max_payload_bytes"), "{error}");
    let error = world.queue.insert_task(&say("a\0b")).await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error:?}");
    let options = Options { max_payload_bytes: 16 * 1024 * 1024, ..Options::default() };
    let roomy = mode.queue_with(world.uri(), &options);
    roomy.insert_task(&say(&"x".repeat(10 * 1024 * 1024))).await.unwrap();
}

async fn a_bulk_insert_with_one_bad_task_saves_nothing(mode: Mode) {
    let world = World::postgres(mode).await;
    let good = world.new_task(&say("good"));
    let bad = world.new_task(&say("a\0b"));
    assert!(world.queue.insert_tasks(vec![good, bad]).await.is_err());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

#[derive(Serialize, Deserialize)]
struct Planned(Option<String>);

idle! {
    Planned;

    fn cron(&self) -> Option<Scheduled> {
        self.0.clone().map(Scheduled::CronPattern)
    }
}

async fn an_invalid_schedule_is_refused(mode: Mode) {
    let world = World::postgres(mode).await;
    let refused = async |pattern: Option<&str>| {
        let task = Planned(pattern.map(str::to_owned));
        match world.queue.schedule_task(&task).await.unwrap_err() {
            QueueError::Schedule(error) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused(None).await, ScheduleError::Missing));
    assert!(matches!(refused(Some("every day")).await, ScheduleError::Pattern { .. }));
    assert!(matches!(refused(Some("0 0 0 30 2 * *")).await, ScheduleError::NeverFires { .. }));
    assert!(matches!(refused(Some("@every 0s")).await, ScheduleError::Interval { .. }));
    assert_eq!(world.number("SELECT count(*) FROM fang_crons").await, 0);
}
