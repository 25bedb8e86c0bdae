//! Tasks that wait in vain: no pool serves their task type, or no program knows their kind.

use crate::seam::{How, Mode, PATIENCE, QUICK, World, collect_logs, logged_with, until};

crate::each_mode! {
    a_task_type_that_no_pool_serves_is_logged_once_with_the_name_most_like_it,
    a_kind_that_no_program_knows_is_logged_once_with_the_likely_cause,
}

/// Makes all tasks look as if they had been inserted two minutes ago.
const EARLIER: &str = "UPDATE fang_tasks SET scheduled_at = scheduled_at - interval '2 minutes'";

async fn a_task_type_that_no_pool_serves_is_logged_once_with_the_name_most_like_it(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let [typo, right, second] = ["mials", "mails", "newz"].map(|name| format!("{name} of {mode:?}"));
    let mut pool = world.pool(1).task_types(&[(right.as_str(), 1), ("other", 1)]).lease(QUICK).start().await;
    let lines = |task_type: &str, like: &str| {
        logged_with(&[&format!("task type {task_type:?}"), "no running", &format!("with a pool is {like:?}")])
    };
    let twice = || world.of_type(&typo, How::Succeed);
    world.queue.insert_tasks(vec![twice(), twice()]).await.unwrap();
    world.run(EARLIER).await;
    until(async || lines(&typo, &right) > 0).await;
    // The next line that is logged comes from a later look, which finds the first task type again.
    world.queue.insert_tasks(vec![world.of_type(&second, How::Succeed)]).await.unwrap();
    world.run(EARLIER).await;
    until(async || logged_with(&[&format!("task type {second:?}"), "no running"]) > 0).await;
    assert_eq!(lines(&typo, &right), 1);
    assert_eq!(logged_with(&[&format!("task type {right:?}"), "no running"]), 0);
    pool.shutdown(PATIENCE).await;
}

async fn a_kind_that_no_program_knows_is_logged_once_with_the_likely_cause(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let kind = format!("NotLinkedIn{mode:?}");
    for _ in 0..3 {
        world.insert_unchecked(&format!(r#"{{"type": "{kind}"}}"#)).await;
    }
    world.run("UPDATE fang_tasks SET unknown_since = now() - interval '2 minutes'").await;
    let mut pool = world.pool(1).start().await;
    world
        .until_number("SELECT count(*) FROM fang_tasks WHERE error_message LIKE '%use jobs as _;%'", 3)
        .await;
    let lines = ["WARN", "DEBUG"]
        .map(|level| logged_with(&[level, &kind, "could be run by no program for 12", "use jobs as _;"]));
    assert_eq!(lines, [1, 2]);
    pool.shutdown(PATIENCE).await;
}
