//! Rows that a trigger refuses with any code, also with one by which a server refuses all statements: only that row is refused.

use super::refused::GOOD;
use crate::seam::{Mode, PATIENCE, World, collect_logs, logged_with, say, until};
use uuid::Uuid;

crate::each_mode! {
    a_result_that_is_refused_with_any_code_holds_up_no_other_and_becomes_a_failure,
}

/// That of `RAISE`; a table or a function of the trigger is gone; the server is read-only, knows no such role, has no
/// connection left, or lost a prepared statement.
const FINAL: [&str; 7] = ["P0001", "42P01", "42883", "25006", "28000", "53300", "26000"];

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
