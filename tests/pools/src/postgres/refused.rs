//! Results that the database refuses: they hold up no other, and do not stay in progress.

use crate::seam::{Both, Mode, PATIENCE, QUICK, Run, World, both, collect_logs, logged_with, say, until};
use fang_core::{FangError, FangTaskState, RetentionMode, Task};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use uuid::Uuid;

crate::each_mode! {
    a_removal_that_a_trigger_refuses_holds_up_no_other_and_becomes_a_failure,
    a_task_whose_every_result_is_refused_is_named_and_the_shutdown_is_in_time,
    an_error_that_the_encoding_of_the_database_lacks_becomes_a_plain_one,
    an_error_that_a_constraint_refuses_becomes_a_plain_one,
    a_backlog_with_a_refused_result_is_worked_off,
}

/// FailsWith with its text, or with a crab.
#[derive(Serialize, Deserialize)]
struct FailsWith {
    with: String,
}

impl FailsWith {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let _under_way = run.stage().tell(&self.with, run.context());
        Err(FangError::new(if self.with == "crab" { "🦀" } else { &self.with }))
    }
}

both! {
    FailsWith;

    fn max_retries(&self) -> i32 {
        0
    }
}

/// Refuses to delete or change the bad row, as the condition says.
fn refuse(condition: &str) -> String {
    format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.metadata->>'text' = 'bad' AND ({condition}) THEN
                RAISE EXCEPTION 'no';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
}

/// Inserts a bad task among good ones. Returns the bad one.
async fn insert_among_others(world: &World, bad: &dyn Both, others: usize) -> Task {
    let good = || world.new_task(&say("good"));
    let mut tasks: Vec<_> = (0..others).map(|_| good()).collect();
    let bad = world.new_task(bad).with_id(Uuid::now_v7());
    let id = bad.id();
    tasks.insert(others / 2, bad);
    world.queue.insert_tasks(tasks).await.unwrap();
    world.queue.find_task_by_id(id).await.unwrap().unwrap()
}

const GOOD: &str = "SELECT count(*) FROM fang_tasks WHERE metadata->>'text' = 'good'";

async fn a_removal_that_a_trigger_refuses_holds_up_no_other_and_becomes_a_failure(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("TG_OP = 'DELETE'")).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    world.until_number(GOOD, 0).await;
    let row = world.row_in(&bad, FangTaskState::Failed).await;
    assert!(row.error_message.unwrap().contains("the database refused its result"));
    // The pool logs it after the commit that the row shows.
    until(async || logged_with(&[&bad.id.to_string(), "another was saved"]) == 1).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_task_whose_every_result_is_refused_is_named_and_the_shutdown_is_in_time(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("TG_OP = 'DELETE' OR OLD.state = 'in_progress' AND NEW.state <> 'in_progress'")).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    world.until_in_state(FangTaskState::Finished, 20).await;
    let id = bad.id.to_string();
    until(async || {
        // Other results come in all the time.
        world.queue.insert_task(&say("good")).await.unwrap();
        logged_with(&[&id, "every result"]) == 1
    })
    .await;
    let began = Instant::now();
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    assert!(began.elapsed() < PATIENCE / 3, "{:?}", began.elapsed());
}

async fn an_error_that_the_encoding_of_the_database_lacks_becomes_a_plain_one(mode: Mode) {
    let world = World::in_database(mode, TestDatabase::create_latin1().await.unwrap()).await;
    world.queue.migrate().await.unwrap();
    becomes_plain(&world, "crab").await;
}

async fn an_error_that_a_constraint_refuses_becomes_a_plain_one(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run("ALTER TABLE fang_tasks ADD CHECK (error_message <> 'too bad')").await;
    becomes_plain(&world, "too bad").await;
}

async fn becomes_plain(world: &World, with: &str) {
    let bad = insert_among_others(world, &FailsWith { with: with.to_owned() }, 20).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    world.until_number(GOOD, 0).await;
    let row = world.row_in(&bad, FangTaskState::Failed).await;
    assert_eq!(row.error_message.unwrap(), "its error message could not be saved");
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

/// A backlog of short tasks gets lock-claims.
async fn a_backlog_with_a_refused_result_is_worked_off(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("TG_OP = 'DELETE'")).await;
    let bad = insert_among_others(&world, &say("bad"), 3_000).await;
    let mut pool = world.pool(2).start().await;
    world.until_number(GOOD, 0).await;
    world.row_in(&bad, FangTaskState::Failed).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    let runs = world.told().into_iter().filter(|run| run.id == bad.id).count();
    assert_eq!(runs, 1, "it does not run again");
}
