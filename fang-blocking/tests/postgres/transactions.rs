use crate::world::{PATIENCE, World, asleep, ear, heard, say};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use fang_blocking::Queue;
use fang_core::store::Inserted;
use fang_core::{FangError, NewTask, Queueable};
use std::thread;
use std::time::Duration;

/// Inserts a task in a transaction that commits or does not.
fn insert_in_transaction(world: &World, text: &str, commits: bool) {
    let connection: &mut PgConnection = &mut world.client.borrow_mut();
    let outcome = connection.transaction(|connection| {
        let task = NewTask::blocking(&say(text))?;
        let inserted = world.queue.insert_tasks_in(connection, vec![task])?;
        assert!(inserted[0].is_new);
        let visible = world.queue.find_task_by_id(inserted[0].id)?;
        assert_eq!(visible, None, "nobody sees it before the commit");
        if commits { Ok(()) } else { Err(FangError::new("changed its mind")) }
    });
    assert_eq!(outcome.is_ok(), commits, "{outcome:?}");
}

#[test]
fn a_task_inserted_in_a_transaction_runs_once_that_commits_and_never_if_it_does_not() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = asleep(&world.queue, sender);
    pool.start().unwrap();
    for (text, commits) in [("never", false), ("seen", true)] {
        insert_in_transaction(&world, text, commits);
        // Past the window in which announcements are held back.
        thread::sleep(Duration::from_millis(120));
    }
    assert_eq!(heard(&ear), "seen");
    pool.shutdown(PATIENCE);
    assert!(ear.try_recv().is_err());
}

#[test]
fn a_unique_task_in_a_transaction_finds_the_one_that_is_alive() {
    let world = World::new();
    let unique = || NewTask::blocking(&say("only")).unwrap().unique().unwrap();
    let first = world.queue.insert(unique()).unwrap();
    let tasks = vec![unique(), NewTask::blocking(&say("another")).unwrap(), unique()];
    let inserted: Result<Vec<Inserted>, FangError> = world
        .client
        .borrow_mut()
        .transaction(|connection| Ok(world.queue.insert_tasks_in(connection, tasks)?));
    let answers: Vec<_> =
        inserted.unwrap().iter().map(|answer| (answer.is_new, answer.id == first.id)).collect();
    assert_eq!(answers, [(false, true), (true, false), (false, true)]);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 2);
}

#[test]
fn inserts_announce_themselves_unless_the_queue_is_told_not_to() {
    let world = World::new();
    let mut listener = PgConnection::establish(world.database.uri()).unwrap();
    listener.batch_execute("LISTEN fang").unwrap();
    for notify in [false, true] {
        let queue = Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).notify(notify).build();
        let new = |text| NewTask::blocking(&say(text)).unwrap();
        queue.insert_task(&say("one")).unwrap();
        queue.insert_tasks(vec![new("many"); 300]).unwrap();
        let client = &mut *world.client.borrow_mut();
        let within = client.transaction(|client| {
            queue.insert_tasks_in(client, vec![new("within")]).map_err(FangError::from)
        });
        assert_eq!(within.unwrap().len(), 1);
        // What was sent comes before the answer.
        listener.batch_execute("SELECT 1").unwrap();
        let expected = if notify { 3 } else { 0 };
        assert_eq!(listener.notifications_iter().count(), expected, "{notify}");
    }
}
