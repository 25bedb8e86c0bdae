//! Results that the database refuses: they hold up no other, and do not stay in progress.

use crate::seam::{
    Both, HOUR, Mode, PATIENCE, QUICK, Rival, Run, World, both, collect_logs, logged_with, say, until,
};
use fang_core::{FangError, FangTaskState, RetentionMode, Task};
use fang_engine::Event;
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
    a_task_that_cannot_be_claimed_is_left_out_of_claims_and_named_once,
    a_task_that_cannot_be_given_back_holds_up_no_rescue,
    a_task_that_cannot_be_removed_holds_up_no_prune,
    a_period_that_cannot_be_removed_holds_up_no_other_prune,
    a_period_that_cannot_be_removed_or_brought_back_holds_up_no_other,
    a_worker_a_list_and_a_minute_that_cannot_be_removed_hold_up_no_other,
    a_task_from_the_future_that_cannot_be_changed_holds_up_no_other,
    a_task_that_cannot_be_given_back_holds_up_no_other_at_the_shutdown,
    a_task_that_cannot_be_failed_holds_up_no_cancellation,
    a_backlog_with_a_task_that_cannot_be_changed_at_all_is_worked_off,
    a_task_whose_claim_was_refused_does_not_run_under_a_lock_claim_after_its_pause,
    a_hundred_tasks_that_cannot_be_claimed_hold_up_no_other,
    a_hundred_tasks_that_cannot_be_changed_at_all_hold_up_no_other,
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

/// What a pool logs of a row that it leaves out.
pub(super) const LEFT_OUT: &str = "the database refuses to change task";

pub(super) const GOOD: &str = "SELECT count(*) FROM fang_tasks WHERE metadata->>'text' = 'good'";

async fn a_removal_that_a_trigger_refuses_holds_up_no_other_and_becomes_a_failure(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("TG_OP = 'DELETE'")).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    let (pool, events) = world.pool(2).lease(QUICK).tells();
    let mut pool = pool.start().await;
    world.until_number(GOOD, 0).await;
    let row = world.row_in(&bad, FangTaskState::Failed).await;
    assert!(row.error_message.unwrap().contains("the database refused its result"));
    // The pool tells and logs it after the commit that the row shows.
    let failed = |event: Event| matches!(event, Event::Failed { task, .. } if task.id == bad.id);
    until(async || events.try_recv().is_ok_and(failed)).await;
    assert_eq!(logged_with(&["ERROR", &bad.id.to_string(), "the database refused its result"]), 1);
    assert_eq!((pool.stats().finished, pool.stats().failed), (20, 1));
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    for (name, tasks) in [("started", 21), ("finished", 20), ("failed", 1)] {
        for counted in ["types,common", "kinds,Say"] {
            let told = format!("SELECT sum((told #>> '{{{counted},{name}}}')::int) FROM fang_workers");
            assert_eq!(world.number(&told).await, tasks, "{counted} {name}");
        }
    }
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

/// Pools that keep tasks make no lock-claims.
async fn a_task_that_cannot_be_claimed_is_left_out_of_claims_and_named_once(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    world.until_in_state(FangTaskState::Finished, 20).await;
    world.queue.insert_task(&say("good")).await.unwrap();
    world.until_in_state(FangTaskState::Finished, 21).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(logged_with(&[&bad.id.to_string(), LEFT_OUT]), 1);
    assert!(world.told().iter().all(|run| run.id != bad.id));
    world.row_in(&bad, FangTaskState::New).await;
}

async fn a_task_that_cannot_be_given_back_holds_up_no_rescue(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    let lost = "UPDATE fang_tasks SET state = 'in_progress', locked_by = 999, updated_at = now() - interval '1 hour'";
    world.run(lost).await;
    world.run(&refuse("true")).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    world.until_number(GOOD, 0).await;
    // The bad one may be tried after the others.
    until(async || logged_with(&[&bad.id.to_string(), LEFT_OUT]) == 1).await;
    pool.shutdown(PATIENCE).await;
}

async fn a_task_that_cannot_be_removed_holds_up_no_prune(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let bad = insert_among_others(&world, &say("bad"), 20).await;
    world.run("UPDATE fang_tasks SET state = 'finished', updated_at = now() - interval '1 hour'").await;
    world.run(&refuse("TG_OP = 'DELETE'")).await;
    let mut pool = world.pool(1).lease(QUICK).prunes_after(PATIENCE).start().await;
    world.until_number(GOOD, 0).await;
    // The bad one may be tried after the others.
    until(async || logged_with(&[&bad.id.to_string(), LEFT_OUT]) == 1).await;
    pool.shutdown(PATIENCE).await;
}

async fn a_period_that_cannot_be_removed_holds_up_no_other_prune(mode: Mode) {
    let world = World::postgres(mode).await;
    insert_among_others(&world, &say("bad"), 20).await;
    world.run("UPDATE fang_tasks SET state = 'finished', updated_at = now() - interval '1 hour'").await;
    let period =
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
        CREATE TRIGGER refuse BEFORE DELETE ON fang_unique FOR EACH ROW EXECUTE FUNCTION refuse();
        INSERT INTO fang_unique VALUES ('over', gen_random_uuid(), now(), now(), now())";
    world.run(period).await;
    let mut pool = world.pool(1).lease(QUICK).prunes_after(PATIENCE).start().await;
    world.until_number(GOOD, 0).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_unique").await, 1);
}

/// Refuses to change the rows of a table of which the condition is true.
async fn refuse_rows(world: &World, table: &str, condition: &str) {
    let refuse = format!(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN ({condition})
            EXECUTE FUNCTION refuse()"
    );
    world.run(&refuse).await;
}

/// Two bad ones among 40 that are over, and then among 40 from the future.
async fn a_period_that_cannot_be_removed_or_brought_back_holds_up_no_other(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let periods = |prefix: &str, begin: &str| {
        format!(
            "INSERT INTO fang_unique
            SELECT '{prefix}' || n, gen_random_uuid(), {begin}, {begin}, {begin} + interval '1 s' * n
            FROM generate_series(1, 40) n"
        )
    };
    world.run(&periods("over", "now() - interval '1 h'")).await;
    world.run(&periods("ahead", "now() + interval '8 h'")).await;
    world.run("UPDATE fang_meta SET was_ahead = true").await;
    let is_bad = "OLD.key IN ('over7', 'over23', 'ahead7', 'ahead23')";
    refuse_rows(&world, "fang_unique", is_bad).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    let left = "SELECT count(*) FROM fang_unique WHERE key ~ 'over' OR created_at > now()";
    world.until_number(left, 4).await;
    pool.shutdown(PATIENCE).await;
    let bad = "SELECT count(*) FROM fang_unique WHERE key ~ '^(over|ahead)(7|23)$'";
    assert_eq!(world.number(bad).await, 4);
    assert!(logged_with(&["ERROR", "a row of fang_unique"]) >= 1);
}

async fn a_worker_a_list_and_a_minute_that_cannot_be_removed_hold_up_no_other(mode: Mode) {
    let world = World::postgres(mode).await;
    let over = "
        INSERT INTO fang_workers (id, info, beat_at, dead_at) OVERRIDING SYSTEM VALUE
            SELECT n, '{}', now() - interval '2 h', now() - interval '2 h' FROM generate_series(1001, 1040) n;
        INSERT INTO fang_minutes SELECT false, now() - interval '80 h' - interval '1 min' * n, n % 2 = 0, 'type' || n, '{}'
            FROM generate_series(1, 40) n;
        INSERT INTO fang_lock_claims (worker, slot, task_type, transaction, ids, leases)
            SELECT n, 0, 'common', '7', '{}', '{}' FROM generate_series(1001, 1040) n";
    world.run(over).await;
    refuse_rows(&world, "fang_workers", "OLD.id = 1007").await;
    // Each of these is passed over.
    refuse_rows(&world, "fang_minutes", "length(OLD.name) = 6").await;
    refuse_rows(&world, "fang_lock_claims", "OLD.worker = 1023").await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    // The list that stays keeps its worker.
    world.until_number("SELECT count(*) FROM fang_workers WHERE id BETWEEN 1001 AND 1040", 2).await;
    world.until_number("SELECT count(*) FROM fang_minutes WHERE minute < now() - interval '72 h'", 31).await;
    world.until_number("SELECT count(*) FROM fang_lock_claims WHERE worker BETWEEN 1001 AND 1040", 1).await;
    pool.shutdown(PATIENCE).await;
}

/// As if the process that noticed the clock had died before it could look for tasks.
async fn a_task_from_the_future_that_cannot_be_changed_holds_up_no_other(mode: Mode) {
    let world = World::postgres(mode).await;
    insert_among_others(&world, &say("bad"), 20).await;
    let ahead =
        "UPDATE fang_tasks SET created_at = now() + interval '8 h', scheduled_at = now() + interval '8 h';
        UPDATE fang_meta SET was_ahead = true";
    world.run(ahead).await;
    world.run(&refuse("true")).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    for _ in 0..20 {
        assert_eq!(world.heard().await, "good");
    }
    world.until_number("SELECT count(*) FROM fang_meta WHERE was_ahead", 0).await;
    pool.shutdown(PATIENCE).await;
}

/// The pool does not know of the tasks, as after a claim whose answer was lost.
async fn a_task_that_cannot_be_given_back_holds_up_no_other_at_the_shutdown(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).asleep().start().await;
    let later = || world.new_task(&say("good")).delay(HOUR);
    let bad = world.new_task(&say("bad")).delay(HOUR);
    world.queue.insert_tasks(vec![later(), bad, later()]).await.unwrap();
    let claimed =
        "UPDATE fang_tasks SET state = 'in_progress', locked_by = (SELECT max(id) FROM fang_workers)";
    world.run(claimed).await;
    world.run(&refuse("true")).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.count(FangTaskState::New).await, 2);
    assert_eq!(world.count(FangTaskState::InProgress).await, 1);
}

/// The tasks were released before their process learned of the cancellation.
async fn a_task_that_cannot_be_failed_holds_up_no_cancellation(mode: Mode) {
    let world = World::postgres(mode).await;
    let later = |text| world.new_task(&say(text)).delay(HOUR);
    world.queue.insert_tasks(vec![later("good"), later("bad"), later("good")]).await.unwrap();
    world.run("INSERT INTO fang_cancellations (task_id) SELECT id FROM fang_tasks").await;
    world.run(&refuse("true")).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    world.until_in_state(FangTaskState::Failed, 2).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.count(FangTaskState::New).await, 1);
}

/// A backlog of short tasks gets lock-claims, which change a row only when its task has run.
async fn a_backlog_with_a_task_that_cannot_be_changed_at_all_is_worked_off(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    let bad = insert_among_others(&world, &say("bad"), 3_000).await;
    let mut pool = world.pool(2).start().await;
    world.until_number(GOOD, 0).await;
    pool.shutdown(PATIENCE).await;
    let runs = world.told().into_iter().filter(|run| run.id == bad.id).count();
    // The row is locked again before the pool knows that the server refuses its claim.
    assert!(runs <= 5, "it runs again and again: {runs}");
}

/// The pause takes 10 s.
async fn a_task_whose_claim_was_refused_does_not_run_under_a_lock_claim_after_its_pause(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    world.queue.insert_task(&say("bad")).await.unwrap();
    let rival = Rival::new(&world.queue).await;
    let locked = rival.lock(10).await;
    assert_eq!(locked.count(), (1, 0));
    assert!(!locked.write().await);
    assert_eq!(rival.lock(10).await.count(), (0, 0), "it is left out");
    until(async || rival.lock(10).await.count() == (1, 1)).await;
}

/// Inserts 100 bad tasks that are due before 20 good ones.
async fn insert_behind_bad_ones(world: &World) {
    for (text, count) in [("bad", 100), ("good", 20)] {
        let tasks = (0..count).map(|_| world.new_task(&say(text)));
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
    }
}

async fn a_hundred_tasks_that_cannot_be_claimed_hold_up_no_other(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    insert_behind_bad_ones(&world).await;
    let mut pool = world.pool(2).lease(QUICK).keeps(RetentionMode::KeepAll).start().await;
    world.until_in_state(FangTaskState::Finished, 20).await;
    pool.shutdown(PATIENCE).await;
}

async fn a_hundred_tasks_that_cannot_be_changed_at_all_hold_up_no_other(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    insert_behind_bad_ones(&world).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    world.until_number(GOOD, 0).await;
    pool.shutdown(PATIENCE).await;
}
