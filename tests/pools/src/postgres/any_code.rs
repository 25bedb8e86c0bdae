//! Rows that a trigger refuses with any code, also with one by which a server refuses all statements: only that row is refused.

use super::refused::{GOOD, LEFT_OUT};
use crate::seam::{Mode, PATIENCE, World, collect_logs, logged_with, say, until};
use fang_core::{FangTaskState, RetentionMode, Unique};
use uuid::Uuid;

crate::each_mode! {
    a_result_that_is_refused_with_any_code_holds_up_no_other_and_becomes_a_failure,
    a_result_that_is_refused_again_and_again_by_what_should_pass_becomes_a_failure,
    a_backlog_with_tasks_that_are_refused_with_any_code_is_worked_off,
    a_task_that_is_refused_with_any_code_is_left_out_of_claims_and_named_once,
    tasks_that_are_refused_by_what_should_pass_hold_up_none_behind_them,
    a_task_whose_claim_is_refused_after_seconds_is_left_out_of_claims,
    an_insert_that_is_refused_with_any_code_of_a_statement_does_not_blame_the_tables,
}

/// That of `RAISE`; a table or a function of the trigger is gone; the server is read-only, knows no such role, has no
/// connection left, or lost a prepared statement.
const FINAL: [&str; 7] = ["P0001", "42P01", "42883", "25006", "28000", "53300", "26000"];

/// A lock is not available; another transaction won; a statement was cancelled.
const PASSING: [&str; 3] = ["55P03", "40001", "57014"];

const BAD: &str = "FROM fang_tasks WHERE metadata->>'text' LIKE 'bad %'";

/// Refuses a bad row with the code that its text names, if the condition is true.
fn refuse(condition: &str) -> String {
    format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.metadata->>'text' LIKE 'bad %' AND ({condition}) THEN
                RAISE EXCEPTION 'no' USING ERRCODE = substr(OLD.metadata->>'text', 5);
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
}

/// Inserts a bad task for each code among good ones. Returns the bad ones.
async fn insert_among_others(world: &World, codes: &[&str]) -> Vec<Uuid> {
    let mut bad = Vec::new();
    let mut tasks = Vec::new();
    for code in codes {
        let task = world.new_task(&say(&format!("bad {code}"))).with_id(Uuid::now_v7());
        bad.push(task.id());
        tasks.extend([world.new_task(&say("good")), task, world.new_task(&say("good"))]);
    }
    world.queue.insert_tasks(tasks).await.unwrap();
    bad
}

async fn a_result_that_is_refused_with_any_code_holds_up_no_other_and_becomes_a_failure(mode: Mode) {
    fails(mode, &FINAL).await;
}

async fn a_result_that_is_refused_again_and_again_by_what_should_pass_becomes_a_failure(mode: Mode) {
    fails(mode, &PASSING).await;
}

async fn fails(mode: Mode, codes: &[&str]) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("TG_OP = 'DELETE'")).await;
    let bad = insert_among_others(&world, codes).await;
    let mut pool = world.pool(2).start().await;
    world.until_number(GOOD, 0).await;
    until(async || {
        // Other results come in all the time.
        world.queue.insert_task(&say("good")).await.unwrap();
        world.number(&format!("SELECT count(*) {BAD} AND state <> 'failed'")).await == 0
    })
    .await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    for id in bad {
        assert_eq!(logged_with(&["ERROR", &id.to_string(), "the database refused its result"]), 1);
    }
}

/// A backlog of short tasks gets lock-claims.
async fn a_backlog_with_tasks_that_are_refused_with_any_code_is_worked_off(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    for _ in 0..3 {
        let tasks = (0..500).map(|_| world.new_task(&say("good")));
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
        insert_among_others(&world, &FINAL).await;
    }
    let mut pool = world.pool(2).start().await;
    world.until_number(GOOD, 0).await;
    pool.shutdown(PATIENCE).await;
}

/// Pools that keep tasks make no lock-claims.
async fn a_task_that_is_refused_with_any_code_is_left_out_of_claims_and_named_once(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    let codes = [&FINAL[..], &PASSING].concat();
    let bad = insert_among_others(&world, &codes).await;
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    world.until_in_state(FangTaskState::Finished, 2 * codes.len() as u64).await;
    for id in &bad {
        until(async || logged_with(&[&id.to_string(), LEFT_OUT]) == 1).await;
        assert_eq!(logged_with(&[&id.to_string(), "tables of fang"]), 0);
    }
    pool.shutdown(PATIENCE).await;
    assert!(world.told().iter().all(|run| run.name == "good"));
    assert_eq!(world.count(FangTaskState::New).await, bad.len() as u64);
}

/// No other task is claimed with them, so that nothing shows that the others get through.
async fn tasks_that_are_refused_by_what_should_pass_hold_up_none_behind_them(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("true")).await;
    let bad = PASSING.map(|code| world.new_task(&say(&format!("bad {code}"))).with_id(Uuid::now_v7()));
    let ids = bad.each_ref().map(|task| task.id());
    world.queue.insert_tasks(bad.into()).await.unwrap();
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    world.queue.insert_task(&say("good")).await.unwrap();
    assert_eq!(world.heard().await, "good");
    for id in ids {
        until(async || logged_with(&[&id.to_string(), LEFT_OUT]) == 1).await;
    }
    pool.shutdown(PATIENCE).await;
}

/// As one does that asks a server which does not answer.
async fn a_task_whose_claim_is_refused_after_seconds_is_left_out_of_claims(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    world.run(&refuse("pg_sleep(5.1) IS NOT NULL")).await;
    let bad = world.queue.insert_task(&say("bad P0001")).await.unwrap();
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    until(async || logged_with(&[&bad.id.to_string(), LEFT_OUT]) == 1).await;
    world.queue.insert_task(&say("good")).await.unwrap();
    assert_eq!(world.heard().await, "good");
    pool.shutdown(PATIENCE).await;
}

/// Other tasks can be inserted.
async fn an_insert_that_is_refused_with_any_code_of_a_statement_does_not_blame_the_tables(mode: Mode) {
    let world = World::postgres(mode).await;
    let at_insert =
        refuse("true").replace("OLD.", "NEW.").replace("BEFORE UPDATE OR DELETE", "BEFORE INSERT");
    world.run(&at_insert).await;
    for code in ["P0001", "42P01", "42883", "26000"] {
        let bad = || world.new_task(&say(&format!("bad {code}")));
        let or_error = || bad().unique_by(Unique::key("x").or_error());
        for tasks in [vec![bad()], vec![bad(), world.new_task(&say("good"))], vec![or_error()]] {
            let error = world.queue.insert_tasks(tasks).await.unwrap_err().to_string();
            assert!(error.contains("the database refused a statement"), "{code}: {error}");
        }
        let error = world.queue.insert(bad()).await.unwrap_err().to_string();
        assert!(error.contains("the database refused a statement"), "{code}: {error}");
    }
}
