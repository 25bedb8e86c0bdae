//! Notifications about tasks that become due later.

use super::transactions::listen;
use crate::everywhere::on_time::{SOON, start_on_time};
use crate::seam::{Act, HOUR, How, Mode, World};
use fang_core::RetentionMode;
use std::time::Duration;

crate::each_mode! {
    a_task_of_another_process_runs_when_it_becomes_due,
    a_task_of_a_transaction_runs_when_it_becomes_due,
    a_task_of_a_program_in_another_language_runs_when_it_becomes_due,
    a_task_that_is_due_after_the_next_poll_of_every_pool_is_not_notified,
}

/// A queue of its own reaches the pool only through the server.
async fn a_task_of_another_process_runs_when_it_becomes_due(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(1).asleep().keeps(RetentionMode::KeepAll).start().await;
    let far = mode.queue(world.uri());
    let act = || world.new_task(&Act::new("far", How::Succeed));
    let later = far.insert(act().delay(SOON * 2)).await.unwrap();
    let sooner = far.insert(act().delay(SOON)).await.unwrap();
    start_on_time(&world, [sooner.id, later.id]).await;
    let at = world.queue.admin().now().await.unwrap() + SOON;
    let at = far.insert(act().at(at)).await.unwrap();
    start_on_time(&world, [at.id]).await;
}

/// The commit comes when the delay is over for the most part.
async fn a_task_of_a_transaction_runs_when_it_becomes_due(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(1).asleep().keeps(RetentionMode::KeepAll).start().await;
    let mut client = world.connect().await;
    let far = mode.queue(world.uri());
    let mut transaction = client.begin().await.unwrap();
    // Longer than pools poll by default.
    let task = world.new_task(&Act::new("far", How::Succeed)).delay(Duration::from_secs(2));
    let task = transaction.insert_tasks(&far, vec![task]).await.unwrap();
    tokio::time::sleep(SOON).await;
    transaction.end(true).await.unwrap();
    start_on_time(&world, [task[0].id]).await;
}

async fn a_task_of_a_program_in_another_language_runs_when_it_becomes_due(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(1).asleep().keeps(RetentionMode::KeepAll).start().await;
    let mode = if mode == Mode::Asynk { "async" } else { "blocking" };
    let soon = format!("'Say', '{{\"text\": \"soon\"}}', mode => '{mode}', delay => '300 ms'");
    let id = world.insert_by_sql(&soon).await;
    start_on_time(&world, [id]).await;
}

async fn a_task_that_is_due_after_the_next_poll_of_every_pool_is_not_notified(mode: Mode) {
    let world = World::postgres(mode).await;
    let (listener, mut heard) = listen(&world).await;
    let _pool = world.pool(1).start().await;
    let far = mode.queue(world.uri());
    let of_type = |name: &str, delay| world.of_type(name, How::Succeed).delay(delay);
    far.insert(of_type("late", Duration::from_secs(2))).await.unwrap();
    far.insert(of_type("later", HOUR)).await.unwrap();
    far.insert(of_type("soon", Duration::from_secs(1))).await.unwrap();
    world.insert_by_sql("'Say', task_type => 'late', delay => '2 s'").await;
    // All notifications arrive before the answer to this query.
    listener.batch_execute("SELECT 1").await.unwrap();
    let topics = std::iter::from_fn(|| heard.try_recv().ok().map(|notice| notice.payload().to_owned()));
    assert_eq!(topics.collect::<Vec<_>>(), ["\u{3}1000000 soon"]);
}
