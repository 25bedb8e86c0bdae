//! Tasks that are inserted in a transaction of the application.

use crate::seam::{How, Mode, Options, PATIENCE, World, say};
use fang_core::notify::Topic;
use std::future::poll_fn;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls, Notification};

crate::each_mode! {
    a_task_inserted_in_a_transaction_runs_once_that_commits_and_never_if_it_does_not,
    of_many_transactions_each_is_noticed_when_it_commits,
    a_unique_task_in_a_transaction_finds_its_duplicate,
    inserts_send_notifications_unless_notify_is_off,
}

async fn a_task_inserted_in_a_transaction_runs_once_that_commits_and_never_if_it_does_not(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).asleep().start().await;
    let mut client = world.connect().await;
    for (text, commits) in [("never", false), ("seen", true)] {
        let mut transaction = client.begin().await.unwrap();
        let inserted =
            transaction.insert_tasks(&world.queue, vec![world.new_task(&say(text))]).await.unwrap();
        assert!(inserted[0].is_new);
        let visible = world.queue.find_task_by_id(inserted[0].id).await.unwrap();
        assert_eq!(visible, None, "it is not visible before the commit");
        transaction.end(commits).await.unwrap();
        world.quiet().await;
    }
    assert_eq!(world.heard().await, "seen");
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.told(), []);
}

/// After the first inserts no transaction notifies at its commit for a moment, since such commits wait for each other.
async fn of_many_transactions_each_is_noticed_when_it_commits(mode: Mode) {
    let world = World::postgres(mode).await;
    let (_listener, mut heard) = listen(&world).await;
    let mut clients = [world.connect().await, world.connect().await, world.connect().await];
    let [first, second, third] = &mut clients;
    let mut stays_open = first.begin().await.unwrap();
    let of_type = |name| vec![world.of_type(name, How::Succeed)];
    for _ in 0..20 {
        stays_open.insert_tasks(&world.queue, of_type("many")).await.unwrap();
    }
    let (mut commits, mut does_not) = (second.begin().await.unwrap(), third.begin().await.unwrap());
    commits.insert_tasks(&world.queue, of_type("one")).await.unwrap();
    does_not.insert_tasks(&world.queue, of_type("never")).await.unwrap();
    let mut next = async || {
        let notification = tokio::time::timeout(PATIENCE, heard.recv()).await.unwrap().unwrap();
        Topic::read(notification.payload()).0.into_owned()
    };
    commits.end(true).await.unwrap();
    assert_eq!(next().await, Topic::task_type("one"));
    does_not.end(false).await.unwrap();
    stays_open.end(true).await.unwrap();
    assert_eq!(next().await, Topic::task_type("many"));
}

async fn a_unique_task_in_a_transaction_finds_its_duplicate(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut client = world.connect().await;
    let unique = || world.new_task(&say("only")).unique().unwrap();
    let first = world.queue.insert(unique()).await.unwrap();
    let mut transaction = client.begin().await.unwrap();
    let tasks = vec![unique(), world.new_task(&say("another")), unique()];
    let inserted = transaction.insert_tasks(&world.queue, tasks).await.unwrap();
    transaction.end(true).await.unwrap();
    let answers: Vec<_> = inserted.iter().map(|answer| (answer.is_new, answer.id == first.id)).collect();
    assert_eq!(answers, [(false, true), (true, false), (false, true)]);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2);
}

/// Listens on a connection. Returns the receiver of its notifications.
pub async fn listen(world: &World) -> (Client, mpsc::UnboundedReceiver<Notification>) {
    let (client, mut connection) = tokio_postgres::connect(world.uri(), NoTls).await.unwrap();
    let (sender, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let Ok(AsyncMessage::Notification(notification)) = message {
                let _ = sender.send(notification);
            }
        }
    });
    client.batch_execute("LISTEN fang").await.unwrap();
    (client, heard)
}

async fn inserts_send_notifications_unless_notify_is_off(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut client = world.connect().await;
    let (listener, mut heard) = listen(&world).await;
    for notify in [false, true] {
        let options = Options { notify, ..Options::default() };
        let queue = mode.queue_with(world.uri(), &options);
        queue.insert_task(&say("one")).await.unwrap();
        queue.insert_tasks(vec![world.new_task(&say("many")); 300]).await.unwrap();
        let mut transaction = client.begin().await.unwrap();
        transaction.insert_tasks(&queue, vec![world.new_task(&say("within"))]).await.unwrap();
        transaction.end(true).await.unwrap();
        // All notifications arrive before the answer to this query.
        listener.batch_execute("SELECT 1").await.unwrap();
        let expected = if notify { 3 } else { 0 };
        assert_eq!(std::iter::from_fn(|| heard.try_recv().ok()).count(), expected, "{notify}");
    }
}
