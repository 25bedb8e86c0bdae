//! Each test has a schema of its own, which goes with it.

use crate::transactions::client;
use crate::{failure, resize, server, welcome};
use diesel::{Connection, RunQueryDsl, sql_query};
use fang::Queueable;
use fang::testing::{TestSchema, assert_inserted, drain};
use std::thread;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than a drop takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(20);

async fn exists(name: &str) -> bool {
    let find = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
    client(&server()).await.query_one(find, &[&name]).await.unwrap().get::<_, i64>(0) > 0
}

#[tokio::test]
async fn a_schema_is_dropped_at_the_end_of_its_test() {
    let db = TestSchema::at(server()).await;
    let name = db.name().to_owned();
    db.queue().insert(welcome(7)).await.unwrap();
    assert!(exists(&name).await);
    drop(db);
    assert!(!exists(&name).await);
}

#[tokio::test]
async fn a_schema_is_dropped_after_a_panic() {
    let (tell, told) = std::sync::mpsc::channel();
    let message = crate::failure_of(async move {
        let db = TestSchema::at(server()).await;
        tell.send(db.name().to_owned()).unwrap();
        let queue = db.queue();
        queue.insert(welcome(7)).await.unwrap();
        assert_inserted!(queue, welcome, { "user": 8 }).await;
    })
    .await;
    assert!(message.contains("user: expected 8, found 7"), "{message}");
    assert!(!exists(&told.recv().unwrap()).await);
}

/// The session that made it has ended without dropping it, as that of a killed test does.
#[tokio::test]
async fn a_later_test_drops_the_schema_of_a_killed_one_and_no_other() {
    let living = TestSchema::at(server()).await;
    let [left, foreign] = ["left", "foreign"].map(|what| format!("{}_{what}", living.name()));
    let make = format!(
        "CREATE SCHEMA {foreign}; CREATE SCHEMA {left}; DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA {left} IS %L',
            obj_description('{}'::regnamespace, 'pg_namespace')); END $$",
        living.name()
    );
    client(&server()).await.batch_execute(&make).await.unwrap();
    drop(TestSchema::at(server()).await);
    // Another test may have found it first, and not dropped it yet.
    let gone = async { while exists(&left).await {} };
    timeout(PATIENCE, gone).await.expect("the schema should be dropped");
    assert!(exists(living.name()).await && exists(&foreign).await);
    client(&server()).await.batch_execute(&format!("DROP SCHEMA {foreign}")).await.unwrap();
    living.queue().insert(welcome(7)).await.unwrap();
}

#[test]
fn thirty_two_tests_at_the_same_time_do_not_disturb_each_other() {
    let test = |number: i64| {
        move || {
            let db = TestSchema::at_blocking(server());
            let queue = db.queue_blocking();
            let inserted = queue.insert_tasks((0..=number).map(resize).collect()).unwrap();
            let tasks = inserted.len();
            assert_inserted!(queue, resize, count = tasks);
            assert_eq!(drain(&queue).run().finished, tasks);
        }
    };
    let tests: Vec<_> = (0..32).map(|number| thread::spawn(test(number))).collect();
    for ended in tests.into_iter().map(thread::JoinHandle::join) {
        ended.unwrap();
    }
}

#[tokio::test]
async fn tables_of_the_application_are_in_the_schema_as_well() {
    let db = TestSchema::at(server()).await;
    client(&db.schema_uri()).await.batch_execute("CREATE TABLE users (name TEXT)").await.unwrap();
    let mut connection = fang::PgConnection::establish(&db.schema_uri()).unwrap();
    sql_query("INSERT INTO users VALUES ('Ada')").execute(&mut connection).unwrap();
    let count = format!("SELECT count(*) FROM {}.users", db.name());
    let users: i64 = client(&server()).await.query_one(&count, &[]).await.unwrap().get(0);
    assert_eq!(users, 1);
}

/// Each test asks for its own setting, so that it does not see what another database has.
#[tokio::test]
async fn a_schema_comes_first_and_public_last_and_options_stay() {
    let separator = if server().contains('?') { '&' } else { '?' };
    let db = TestSchema::at(format!("{}{separator}options=-c%20statement_timeout%3D77s", server())).await;
    let mine = client(&db.schema_uri()).await;
    let show =
        "SELECT current_setting('search_path'), current_setting('statement_timeout'), current_schema()::text";
    let row = mine.query_one(show, &[]).await.unwrap();
    let shown: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(shown, [format!("{},public", db.name()), "77s".to_owned(), db.name().to_owned()]);
    let mut connection = fang::PgConnection::establish(&db.schema_uri()).unwrap();
    sql_query("DO $$ BEGIN ASSERT current_setting('statement_timeout') = '77s'; END $$")
        .execute(&mut connection)
        .unwrap();
}

/// The tables of fang in `public` are another program's.
#[tokio::test]
async fn types_in_public_are_found_but_tasks_go_to_the_schema_of_the_test() {
    let database = fang_test_support::TestDatabase::create().await.unwrap();
    let public: fang::AsyncQueue = fang::AsyncQueue::builder().uri(database.uri()).build();
    public.migrate().await.unwrap();
    client(database.uri())
        .await
        .batch_execute("CREATE DOMAIN address AS text CHECK (value LIKE '%@%')")
        .await
        .unwrap();
    for _ in 0..2 {
        let db = TestSchema::at(database.uri()).await;
        client(&db.schema_uri()).await.batch_execute("CREATE TABLE users (email address)").await.unwrap();
        let queue: fang::AsyncQueue = fang::AsyncQueue::builder().uri(db.schema_uri()).build();
        queue.insert(welcome(7)).await.unwrap();
        assert_inserted!(db.queue(), welcome, { "user": 7 }).await;
        fang::testing::refute_inserted!(public, welcome).await;
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_named() {
    let message = failure(|| TestSchema::at_blocking("postgres://nobody@127.0.0.1:1/none"));
    assert!(message.starts_with("the schema of a test cannot be made: "), "{message}");
}

/// Time limits of a paused clock end at once, while the server works.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_of_tokio_is_told() {
    let db = TestSchema::at(server()).await;
    let queue = db.queue();
    let slow = queue.insert(welcome(7)).await.unwrap_err().to_string();
    assert!(slow.contains("tokio's clock is paused"), "{slow}");
    let message = crate::failure_of(async move { drain(&queue).await }).await;
    assert!(message.contains("tokio's clock is paused"), "{message}");
}
