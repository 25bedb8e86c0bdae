//! Inserts by `fang_insert`, the function of SQL for programs in other languages.

mod checks;
mod hashes;
mod languages;
mod rights;

use super::transactions::listen;
use crate::seam::{HOUR, Mode, PATIENCE, World, say};
use chrono::{DateTime, Utc};
use fang_core::{NewTask, Priority, Task, Unique};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_postgres::Notification;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;
use uuid::Uuid;

crate::one_mode! {
    only_asynk, Asynk,
    each_argument_makes_the_row_that_its_option_makes_in_rust,
    an_id_is_a_uuid_of_version_7_with_the_time_of_the_insert,
    a_notification_is_the_one_that_an_insert_from_rust_sends,
    a_sleeping_pool_is_woken_and_runs_the_task,
    a_key_keeps_duplicates_out_across_rust_and_sql,
    of_connections_that_race_for_a_key_one_inserts_and_all_are_told_its_id,
    a_task_whose_duplicate_ends_just_then_is_inserted,
    a_task_of_a_transaction_that_is_rolled_back_is_not_inserted,
    a_duplicate_that_the_transaction_cannot_see_asks_to_repeat_it,
}

impl World {
    /// Inserts by SQL, with these arguments.
    pub(super) async fn insert_by_sql(&self, arguments: &str) -> Uuid {
        let sql = format!("SELECT fang_insert({arguments})");
        self.client().query_one(&sql, &[]).await.unwrap().get(0)
    }

    /// Inserts a unique task by SQL, with these arguments. Returns its id, and whether it is new.
    async fn insert_unique_by_sql(&self, arguments: &str) -> (Uuid, bool) {
        let sql = format!("SELECT id, inserted FROM fang_insert_unique({arguments})");
        let row = self.client().query_one(&sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    async fn row(&self, id: Uuid) -> Task {
        self.queue.find_task_by_id(id).await.unwrap().unwrap()
    }
}

/// What an insert decides of a row. Instants count from the insert.
fn shown(row: &Task) -> String {
    let after = |at: DateTime<Utc>| at - row.created_at;
    format!(
        "{} {} {:?} {:?} {:?} {:?} {:?} {:?} due after {}, expires {:?}, kept {:?}, {:?} {} {}",
        row.metadata,
        row.task_type,
        row.mode,
        row.priority,
        row.uniq_hash,
        row.max_retries,
        row.tags,
        row.headers,
        after(row.scheduled_at),
        row.expires_at.map(after),
        row.keep,
        row.state,
        row.retries,
        row.lease,
    )
}

async fn each_argument_makes_the_row_that_its_option_makes_in_rust(mode: Mode) {
    let world = World::postgres(mode).await;
    let payload = json!({ "user": 7, "more": [1.5, null, { "deep": "é\"\\\n🦀" }] });
    let task = || NewTask::of_kind("Else\"where", payload.clone());
    let century = Duration::from_secs(36_500 * 24 * 3600);
    let pairs = [
        ("", task()),
        ("mode => 'blocking'", task().mode(fang_core::Mode::Blocking)),
        ("task_type => 'mail ''x'''", task().task_type("mail 'x'")),
        ("delay => '1 hour'", task().delay(HOUR)),
        ("delay => '300 years'", task().delay(century)),
        ("priority => 'urgent'", task().priority(Priority::Urgent)),
        ("priority => 'high'", task().priority(Priority::High)),
        ("priority => 'low'", task().priority(Priority::Low)),
        ("expires => '1 hour'", task().expires(HOUR)),
        ("expires => '0', delay => '1 hour'", task().expires(Duration::ZERO).delay(HOUR)),
        ("expires => '300 years'", task().expires(century)),
        ("keep => '7 days 1 second'", task().keep(Duration::from_secs(7 * 24 * 3600 + 1))),
        ("keep => '300 years'", task().keep(Duration::MAX)),
        ("max_retries => 0", task().max_retries(0)),
        ("max_retries => 3, tags => '{}', headers => '{}'", task().max_retries(3)),
        ("tags => ARRAY['a', 'b\"']", task().tags(["a", "b\""])),
        ("headers => '{\"b\": \"1\", \"a\": \"\"}'", task().header("a", "").header("b", "1")),
        ("unique_key => 'k'", task().unique_by(Unique::key("k"))),
        (
            "unique_key => 's', unique_until_started => true",
            task().unique_by(Unique::key("s").until_started()),
        ),
        ("unique_key => 'p', unique_within => '1 hour'", task().unique_by(Unique::key("p").within(HOUR))),
        (
            "unique_key => 'z', unique_within => '0'",
            task().unique_by(Unique::key("z").within(Duration::ZERO)),
        ),
    ];
    for (arguments, task) in pairs {
        let by_rust = shown(&world.queue.insert(task).await.unwrap());
        world.run("TRUNCATE fang_unique; UPDATE fang_tasks SET state = 'finished'").await;
        let comma = if arguments.is_empty() { "" } else { ", " };
        let sql = format!("SELECT fang_insert($1, $2{comma}{arguments})");
        let id = world.client().query_one(&sql, &[&"Else\"where", &Json(&payload)]).await.unwrap().get(0);
        assert_eq!(shown(&world.row(id).await), by_rust, "{arguments}");
    }
    let at = world.insert_by_sql("'a', due_at => '2100-01-01 00:00+00', expires => '1 hour'").await;
    let row = world.row(at).await;
    assert_eq!(row.scheduled_at.to_rfc3339(), "2100-01-01T00:00:00+00:00");
    assert_eq!(row.expires_at, Some(row.scheduled_at + HOUR));
    assert_eq!(row.metadata, json!({ "type": "a" }));
}

async fn an_id_is_a_uuid_of_version_7_with_the_time_of_the_insert(mode: Mode) {
    let world = World::postgres(mode).await;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let before = now();
    let rows = world.client().query("SELECT fang_new_id() FROM generate_series(1, 2000)", &[]).await.unwrap();
    let after = now();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    for id in &ids {
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122), "{id}");
        assert!((before..=after).contains(&(id.as_u128() >> 80)), "{id}");
    }
    // Milliseconds, and fractions of them that microseconds tell apart.
    let micros: Vec<u128> = ids.iter().map(|id| id.as_u128() >> 64).collect();
    assert!(micros.is_sorted());
    assert!(micros.chunk_by(PartialEq::eq).count() > 1000);
    // All bits after the variant are random: each is set in about half of the ids.
    for bit in (0..62).map(|bit| 1_u128 << bit) {
        let set = ids.iter().filter(|id| id.as_u128() & bit != 0).count();
        assert!((800..1200).contains(&set), "bit {bit:x} is set in {set} ids");
    }
}

async fn a_notification_is_the_one_that_an_insert_from_rust_sends(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut client = world.connect().await;
    let (listener, mut heard) = listen(&world).await;
    let mut all = async || {
        // All notifications arrive before the answer to this query.
        listener.batch_execute("SELECT 1").await.unwrap();
        let next = || heard.try_recv().ok().map(|notice: Notification| notice.payload().to_owned());
        std::iter::from_fn(next).collect::<Vec<_>>()
    };
    let task = |task_type: &str| NewTask::of_kind("a", json!({})).task_type(task_type);
    let at = DateTime::from_timestamp(4_102_444_800, 0).unwrap();
    let pairs = [
        ("task_type => 'mail'", task("mail")),
        ("task_type => E'\\x01mail'", task("\u{1}mail")),
        ("task_type => 'mail', delay => '1 s'", task("mail").delay(Duration::from_secs(1))),
        ("task_type => 'mail', due_at => '2100-01-01 00:00+00'", task("mail").at(at)),
        ("task_type => E'\\x02mail', due_at => '2100-01-01 00:00+00'", task("\u{2}mail").at(at)),
    ];
    for (arguments, task) in pairs {
        // In a transaction, where no gate leaves a notification out.
        let mut transaction = client.begin().await.unwrap();
        transaction.insert_tasks(&world.queue, vec![task]).await.unwrap();
        transaction.end(true).await.unwrap();
        let by_rust = all().await;
        world.insert_by_sql(&format!("'a', {arguments}")).await;
        assert_eq!(all().await, by_rust, "{arguments}");
    }
    world.insert_by_sql("'a', notify => false").await;
    assert_eq!(all().await, Vec::<String>::new());
    world.insert_by_sql("'a', unique_key => 'k'").await;
    world.insert_by_sql("'a', unique_key => 'k'").await;
    assert_eq!(all().await, ["\u{1}common"], "a duplicate wakes no pool");
}

async fn a_sleeping_pool_is_woken_and_runs_the_task(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).asleep().start().await;
    for text in ["one", "two"] {
        let id = world.insert_by_sql(&format!("'Say', '{{\"text\": \"{text}\"}}'")).await;
        let report = world.next().await;
        assert_eq!((report.name.as_str(), report.id), (text, id));
    }
    world.is_empty().await;
    pool.shutdown(PATIENCE).await;
}

async fn a_key_keeps_duplicates_out_across_rust_and_sql(mode: Mode) {
    let world = World::postgres(mode).await;
    let ways = [
        ("", Unique::key("by rust"), Unique::key("by SQL")),
        (
            ", unique_until_started => true",
            Unique::key("by rust").until_started(),
            Unique::key("by SQL").until_started(),
        ),
        (
            ", unique_within => '1 hour'",
            Unique::key("by rust").within(HOUR),
            Unique::key("by SQL").within(HOUR),
        ),
    ];
    let mut ids = Vec::new();
    for (more, by_rust, by_sql) in ways {
        let first = world.queue.insert(world.new_task(&say("x")).unique_by(by_rust)).await.unwrap();
        let second =
            world.insert_unique_by_sql(&format!("'Say', '{{\"text\": \"y\"}}', 'by rust'{more}")).await;
        assert_eq!(second, (first.id, false), "{more}");
        let (first, is_new) = world.insert_unique_by_sql(&format!("'Say', '{{}}', 'by SQL'{more}")).await;
        assert!(is_new, "{more}");
        let second =
            world.queue.insert_tasks(vec![world.new_task(&say("y")).unique_by(by_sql)]).await.unwrap();
        assert_eq!((second[0].id, second[0].is_new), (first, false), "{more}");
        let again = world.insert_by_sql(&format!("'Say', '{{}}', unique_key => 'by SQL'{more}")).await;
        assert_eq!(again, first);
        ids.extend([first, second[0].id]);
    }
    // Another kind with the same key is no duplicate, nor is one after its end.
    assert!(world.insert_unique_by_sql("'Other', '{}', 'by SQL'").await.1);
    world.run("UPDATE fang_tasks SET state = 'finished'; UPDATE fang_unique SET until = now()").await;
    for more in ["", ", unique_within => '1 hour'"] {
        let (id, is_new) = world.insert_unique_by_sql(&format!("'Say', '{{}}', 'by SQL'{more}")).await;
        assert!(is_new && !ids.contains(&id), "{more}");
    }
}

async fn of_connections_that_race_for_a_key_one_inserts_and_all_are_told_its_id(mode: Mode) {
    let world = World::postgres(mode).await;
    let clients = join_all((0..8).map(|_| world.database().client())).await;
    let clients: Vec<_> = clients.into_iter().map(Result::unwrap).collect();
    for round in 0..40 {
        let more = ["", ", unique_until_started => true", ", unique_within => '1 hour'"][round % 3];
        let sql =
            format!("SELECT id, inserted FROM fang_insert_unique('Say', '{{}}', 'round {round}'{more})");
        let rows = join_all(clients.iter().map(|client| client.query_one(&sql, &[]))).await;
        let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
        let first: Uuid = rows[0].get(0);
        assert!(rows.iter().all(|row| row.get::<_, Uuid>(0) == first));
        assert_eq!(rows.iter().filter(|row| row.get(1)).count(), 1, "{more}");
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 40);
}

/// After the insert that found a duplicate, and before the search for it.
const ENDS_THE_DUPLICATE: &str = "CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE fang_tasks SET state = 'finished' WHERE task_type = 'old' AND state = 'new';
        RETURN NULL;
    END $$;
    CREATE TRIGGER ends AFTER INSERT ON fang_tasks FOR EACH STATEMENT EXECUTE FUNCTION ends()";

async fn a_task_whose_duplicate_ends_just_then_is_inserted(mode: Mode) {
    let world = World::postgres(mode).await;
    let old = world.insert_by_sql("'Say', unique_key => 'k', task_type => 'old'").await;
    world.run(ENDS_THE_DUPLICATE).await;
    let (id, is_new) = world.insert_unique_by_sql("'Say', '{}', 'k'").await;
    assert!(is_new && id != old);
    assert_eq!(world.row(id).await.task_type, "common");
}

async fn a_task_of_a_transaction_that_is_rolled_back_is_not_inserted(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run("BEGIN").await;
    assert!(world.insert_unique_by_sql("'Say', '{}', 'k', unique_within => '1 hour'").await.1);
    world.run("ROLLBACK").await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
    assert!(world.insert_unique_by_sql("'Say', '{}', 'k', unique_within => '1 hour'").await.1);
}

async fn a_duplicate_that_the_transaction_cannot_see_asks_to_repeat_it(mode: Mode) {
    let world = World::postgres(mode).await;
    let other = world.database().client().await.unwrap();
    for more in ["", ", unique_within => '1 hour'"] {
        let insert = format!("SELECT * FROM fang_insert_unique('Say', '{{}}', 'k'{more})");
        for level in ["REPEATABLE READ", "SERIALIZABLE"] {
            world.run("TRUNCATE fang_tasks, fang_unique").await;
            world.run(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).await;
            other.batch_execute(&insert).await.unwrap();
            let error = world.client().batch_execute(&insert).await.unwrap_err();
            assert_eq!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE), "{level}{more}: {error}");
            world.run("ROLLBACK").await;
            let again = format!("BEGIN ISOLATION LEVEL {level}; {insert}; COMMIT");
            world.run(&again).await;
        }
    }
}
