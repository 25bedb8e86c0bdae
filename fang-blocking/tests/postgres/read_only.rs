//! The server takes no changes for a while: it has become a standby, or somebody told it so.

use crate::world::{Hold, Say, World, ear, heard, say, until};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use fang_blocking::{Queue, WorkerPool};
use fang_core::{NewTask, QueueError, Queueable, StoreError};
use fang_test_support::{Cluster, Durability, Proxy};
use std::thread;
use std::time::Duration;

/// Whatever is tried again meanwhile comes to fewer statements a second than this.
const CALM: i64 = 60;

const ENDED: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";
const REFUSED: &str = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";

fn is_read_only(queue: &Queue) -> bool {
    let refused = queue.insert_task(&say("refused"));
    matches!(refused, Err(QueueError::Store(StoreError::ReadOnly { .. })))
}

fn inserts(queue: &Queue, text: &str) {
    until(|| queue.insert_task(&say(text)).is_ok());
}

/// Connections that were opened meanwhile stay read-only for ever.
fn goes_on(world: &World, queue: &Queue) {
    let ((sender, ear), hold) = (ear(), Hold::default());
    let mut pool = WorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(queue.clone())
        .state(sender)
        .state(hold.clone())
        .build();
    pool.start().unwrap();
    queue.insert(NewTask::blocking(&Say { text: "held".to_owned(), hold: true }).unwrap()).unwrap();
    assert_eq!(heard(&ear), "held");

    let database = world.database.name();
    world.run(&format!("ALTER DATABASE {database} SET default_transaction_read_only = on"));
    world.number(ENDED);
    until(|| is_read_only(queue));
    hold.release(1);
    let before = world.number(REFUSED);
    thread::sleep(Duration::from_secs(3));
    let refused = world.number(REFUSED) - before;
    assert!(refused < 3 * CALM, "{refused} statements in 3 s");

    world.run(&format!("ALTER DATABASE {database} RESET ALL"));
    inserts(queue, "after");
    assert_eq!(heard(&ear), "after");
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    let report = pool.shutdown(Duration::from_secs(10));
    assert_eq!((report.late_results, report.still_running), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_workers"), 1, "nobody died of it");
}

#[test]
fn a_pool_goes_on_by_itself_once_its_database_takes_changes_again() {
    let world = World::new();
    goes_on(&world, &world.queue);
}

#[test]
fn so_does_one_over_the_pool_of_the_application() {
    for size in [1, 4] {
        let world = World::new();
        goes_on(&world, &Queue::builder().connection_pool(world.application_pool(size)).build());
    }
}

#[derive(QueryableByName)]
struct Left {
    #[diesel(sql_type = BigInt)]
    left: i64,
}

/// The old primary lives on, and so do the connections to it.
#[test]
fn after_a_fail_over_a_pool_leaves_the_old_primary_for_the_new_one() {
    let clusters = [Cluster::create(Durability::Fast).unwrap(), Cluster::create(Durability::Fast).unwrap()];
    let [old, new] = clusters.each_ref().map(|cluster| cluster.uri("postgres"));
    for uri in [&old, &new] {
        Queue::builder().uri(uri).max_pool_size(1_u32).build().migrate().unwrap();
    }
    let proxy = Proxy::start(&old).unwrap();
    let queue = Queue::builder().uri(proxy.uri()).max_pool_size(1_u32).build();
    let (sender, ear) = ear();
    let mut pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).state(sender).build();
    pool.start().unwrap();
    queue.insert_task(&say("before")).unwrap();
    assert_eq!(heard(&ear), "before");

    proxy.point_at(&new).unwrap();
    let mut client = PgConnection::establish(&old).unwrap();
    client.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").unwrap();
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    // Each session learns of it in its own time.
    until(|| is_read_only(&queue));
    inserts(&queue, "after");
    while heard(&ear) != "after" {}
    pool.shutdown(Duration::from_secs(10));
    drop(pool);
    let left = "SELECT count(*) AS left FROM pg_stat_activity WHERE application_name = 'fang'";
    until(|| sql_query(left).get_result::<Left>(&mut client).unwrap().left == 0);
}
