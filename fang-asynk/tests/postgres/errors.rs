use crate::world::{Queue, World, say};
use fang_asynk::{AsyncQueue, AsyncWorkerPool, NoTls};
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, NewTask, PayloadError, QueueError, ScheduleError, Scheduled,
    StoreError, async_trait, typetag,
};
use fang_test_support::{Cluster, Durability};
use serde::{Deserialize, Serialize};
use std::io::Write;

async fn connect(uri: &str) -> QueueError {
    let mut queue: Queue = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build();
    queue.connect(NoTls).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_uri_is_told_without_being_shown() {
    for uri in [
        "",
        "not a uri hunter2",
        "postgres://u:hunter2@host:port/db",
        "postgres://",
        "user=hunter2 prot=1",
        "postgres:/app:hunter2@localhost/app?connect_timeout=3",
        "app:hunter2@localhost/app?sslmode=disable",
        "host=x password=hunter2 hunter2=3",
    ] {
        let error = connect(uri).await;
        assert!(matches!(error, QueueError::Store(StoreError::Uri { .. })), "{uri}: {error:?}");
        assert!(error.to_string().contains("postgres://user:password@host"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_told_by_connect_insert_and_start() {
    // Nobody listens on a port that was free a moment ago and is held without listening.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let uri = format!("postgres://fang:hunter2@127.0.0.1:{port}/fang");
    let queue: Queue = AsyncQueue::builder().uri(&uri).max_pool_size(1_u32).build();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build();
    let errors = [
        connect(&uri).await,
        queue.insert_task(&say("x")).await.unwrap_err(),
        pool.start().await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, QueueError::Store(StoreError::Unreachable { .. })), "{error:?}");
        assert!(error.to_string().contains("check that it runs"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_a_missing_one_and_a_missing_database_are_refused() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let hba = cluster.data_dir().join("pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    let mut file = std::fs::File::create(&hba).unwrap();
    write!(file, "host all guarded 127.0.0.1/32 scram-sha-256\n{rules}").unwrap();
    let admin = cluster.uri("postgres");
    let (client, connection) = tokio_postgres::connect(&admin, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf()")
        .await
        .unwrap();
    let at = format!("127.0.0.1:{}", cluster.port());
    let uris = [
        format!("postgres://guarded:hunter2@{at}/postgres"),
        format!("postgres://guarded@{at}/postgres"),
        format!("postgres://postgres@{at}/no_such_database"),
    ];
    for uri in uris {
        let error = connect(&uri).await;
        assert!(matches!(error, QueueError::Store(StoreError::Refused { .. })), "{error:?}");
        assert!(error.to_string().contains("check user, password and database"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_schema_that_was_never_migrated_is_told_by_insert_and_start() {
    let world = World::without_schema().await;
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(world.queue.clone()).build();
    let errors = [world.queue.insert_task(&say("x")).await.unwrap_err(), pool.start().await.unwrap_err()];
    for error in errors {
        assert!(matches!(error, QueueError::Store(StoreError::NotMigrated { .. })), "{error:?}");
        assert!(error.to_string().contains("queue.migrate()"), "{error}");
    }
}

#[tokio::test]
async fn a_migration_that_cannot_have_its_lock_says_so_and_holds_nobody_up_for_long() {
    let world = World::new().await;
    let last = fang_postgres::migrations::POSTGRES.last().unwrap();
    world.client.batch_execute(last.down).await.unwrap();
    let reader = world.database.client().await.unwrap();
    // Whatever else it changes, a step writes its version.
    reader.batch_execute("BEGIN; LOCK TABLE fang_meta IN SHARE MODE").await.unwrap();
    let error = world.queue.migrate().await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Locked { .. })), "{error:?}");
    reader.batch_execute("COMMIT").await.unwrap();
    assert_eq!(world.queue.migrate().await.unwrap(), 1);
}

#[tokio::test]
async fn a_payload_too_large_or_with_a_nul_is_refused_and_its_size_can_be_allowed() {
    let world = World::new().await;
    let large = say(&"x".repeat(1024 * 1024));
    let error = world.queue.insert_task(&large).await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::TooLarge { .. })), "{error:?}");
    assert!(error.to_string().contains("Say") && error.to_string().contains("max_payload_bytes"), "{error}");
    let error = world.queue.insert_task(&say("a\0b")).await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error:?}");
    let roomy: Queue =
        AsyncQueue::builder().uri(world.database.uri()).max_payload_bytes(16 * 1024 * 1024).build();
    roomy.insert_task(&say(&"x".repeat(10 * 1024 * 1024))).await.unwrap();
}

#[tokio::test]
async fn one_bad_task_in_a_bulk_insert_is_told_before_anything_is_saved() {
    let world = World::new().await;
    let good = NewTask::asynk(&say("good")).unwrap();
    let bad = NewTask::asynk(&say("a\0b")).unwrap();
    assert!(world.queue.insert_tasks(vec![good, bad]).await.is_err());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

#[derive(Serialize, Deserialize)]
struct Planned(Option<String>);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Planned {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        self.0.clone().map(Scheduled::CronPattern)
    }
}

#[tokio::test]
async fn a_schedule_that_cannot_be_followed_is_refused() {
    let world = World::new().await;
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
