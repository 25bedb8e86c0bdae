//! Tasks that are held: claimed by locks alone.

use crate::seam::{
    Both, Client, Mode, Options, PATIENCE, Pool, Queue, Rival, Run, World, both, holding, inserts, say, until,
};
use fang_core::{FangError, Unique};
use fang_test_support::{Network, Proxy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

crate::each_mode! {
    a_locked_task_that_runs_long_gets_a_written_claim_and_finishes,
    a_cut_lock_connection_neither_loses_nor_repeats_a_task,
    a_late_answer_to_a_claim_does_not_rerun_tasks_that_have_finished,
    a_failure_of_a_locked_task_is_saved,
    a_task_unique_until_started_gets_a_written_claim,
    a_shutdown_releases_locked_tasks_and_a_restart_runs_them,
    two_pools_with_lock_claims_run_each_task_once,
    a_task_that_saves_its_own_success_waits_for_its_written_claim,
    a_lock_claim_whose_connection_is_cut_cannot_list_or_commit,
    a_pool_that_reconciles_removes_a_list_of_tasks_that_it_does_not_run,
    a_queue_behind_a_pooler_offers_no_lock_claims,
}

crate::one_mode! {
    only_blocking, Blocking,
    a_queue_over_an_application_pool_offers_no_lock_claims,
}

/// Enough for the pool to know that they are short, and that there are more.
const WARM: usize = 100;

/// Cuts the connections that hold something, and tells how many.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'";

struct Held {
    world: World,
    pool: Pool,
    /// How often each task ran, as far as it was heard.
    runs: BTreeMap<String, u32>,
}

impl Held {
    /// A backlog of short tasks, and after them these.
    async fn new(mode: Mode, tasks: &[&dyn Both]) -> Self {
        let world = World::postgres(mode).await;
        let queue = world.queue.clone();
        Self::over(world, &queue, tasks).await
    }

    /// The same, and the pool is over this queue.
    async fn over(world: World, queue: &Queue, tasks: &[&dyn Both]) -> Self {
        backlog(&world, tasks).await;
        let pool = queue.pool(2, &world.stage).start().await;
        Self { world, pool, runs: BTreeMap::new() }
    }

    async fn hears(&mut self, text: &str) {
        let mut last = String::new();
        while last != text {
            last = self.world.heard().await;
            *self.runs.entry(last.clone()).or_default() += 1;
        }
    }

    /// Waits until a long task runs while this is not 0: it was held, and still is.
    async fn long_until(&mut self, sql: &str) {
        for number in 0..20 {
            self.hears(&format!("long {number}")).await;
            if self.world.number(sql).await > 0 {
                return;
            }
            self.world.stage.open(1);
            backlog(&self.world, &[&holding(&format!("long {}", number + 1))]).await;
        }
        panic!("no long task was held");
    }

    /// Nothing was lost, and nothing ran twice.
    async fn ends(self) {
        let Self { mut world, mut pool, mut runs } = self;
        let late = pool.shutdown(PATIENCE).await.late_results;
        // Its tasks tell to the end.
        drop(pool);
        for run in world.told_to_the_end().await {
            *runs.entry(run.name).or_default() += 1;
        }
        runs.retain(|_, times| *times != 1);
        assert_eq!((late, runs), (0, BTreeMap::new()));
    }
}

async fn backlog(world: &World, tasks: &[&dyn Both]) {
    let warm = (0..WARM).map(|number| world.new_task(&say(&format!("{} {number}", Uuid::now_v7()))));
    world.queue.insert_tasks(warm.collect()).await.unwrap();
    for task in tasks {
        world.queue.insert_task(*task).await.unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Fails;

impl Fails {
    async fn does(&self, _: Run<'_>) -> Result<(), FangError> {
        Err(FangError::new("no"))
    }
}

both!(Fails);

#[derive(Serialize, Deserialize)]
struct FinishesItself;

impl FinishesItself {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let mut client = Client::connect(run.mode(), &run.stage().uri).await?;
        let mut transaction = client.begin().await?;
        transaction.finish(run.context()).await?;
        transaction.end(true).await
    }
}

both!(FinishesItself);

async fn a_locked_task_that_runs_long_gets_a_written_claim_and_finishes(mode: Mode) {
    let mut held = Held::new(mode, &[&holding("long 0")]).await;
    let listed =
        "SELECT count(*) FROM fang_tasks t, fang_lock_claims h WHERE t.id = ANY (h.ids) AND t.state = 'new'";
    held.long_until(listed).await;
    let leased = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    held.world.until_number(leased, 1).await;
    held.world.stage.open(1);
    held.world.is_empty().await;
    held.ends().await;
}

async fn a_cut_lock_connection_neither_loses_nor_repeats_a_task(mode: Mode) {
    let mut held = Held::new(mode, &[&holding("long 0")]).await;
    held.long_until(CUT).await;
    held.world.stage.open(1);
    held.world.is_empty().await;
    held.ends().await;
}

/// The locks are lost, and before the pool knows, another claim of its own takes the tasks again, under the same lease; the
/// answer comes when they have ended and their results are saved.
async fn a_late_answer_to_a_claim_does_not_rerun_tasks_that_have_finished(mode: Mode) {
    let world = World::postgres(mode).await;
    let proxy = Proxy::start(world.uri()).unwrap();
    let queue = mode.queue(proxy.uri());
    let mut held = Held::over(world, &queue, &[&holding("long 0")]).await;
    held.long_until(CUT).await;
    proxy.set(Network::DelayAnswers(b"long ".to_vec(), Duration::from_millis(300)));
    backlog(&held.world, &[]).await;
    let claimed = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(async || held.world.number(claimed).await > 0).await;
    held.world.stage.open(1);
    held.world.is_empty().await;
    held.ends().await;
}

async fn a_failure_of_a_locked_task_is_saved(mode: Mode) {
    let held = Held::new(mode, &[&Fails]).await;
    let failed = "SELECT count(*) FROM fang_tasks WHERE state = 'retried' AND retries = 1
        AND lease = 1 AND locked_by IS NULL AND error_message = 'no'";
    held.world.until_number(failed, 1).await;
    held.ends().await;
}

async fn a_task_unique_until_started_gets_a_written_claim(mode: Mode) {
    let held = Held::new(mode, &[]).await;
    for number in 0..5 {
        let task = say(&format!("unique {number}"));
        inserts!(held.world.queue, &task, .unique_by(Unique::payload().until_started())).unwrap();
        backlog(&held.world, &[]).await;
    }
    held.world.is_empty().await;
    held.ends().await;
}

async fn a_shutdown_releases_locked_tasks_and_a_restart_runs_them(mode: Mode) {
    let mut held = Held::new(mode, &[&holding("a"), &holding("b"), &say("c"), &say("d")]).await;
    // Both workers: what came before has ended.
    let mut missing = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    while !missing.is_empty() {
        missing.remove(&held.world.heard().await);
    }
    // Nor is a claim under way: without a deadline nothing waits for it.
    let taken = "SELECT count(*) FROM fang_tasks t
        WHERE t.state = 'in_progress' OR EXISTS (SELECT FROM fang_lock_claims h WHERE t.id = ANY (h.ids))";
    held.world.until_number(taken, 4).await;
    held.pool.shutdown(Duration::ZERO).await;
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND locked_by IS NULL";
    assert_eq!(held.world.number(waiting).await, 4);
    assert_eq!(held.world.number("SELECT count(*) FROM fang_lock_claims").await, 0);
    // The runs that could not be stopped, and those that come.
    held.world.stage.open(if mode == Mode::Blocking { 4 } else { 2 });
    held.pool.start().await.unwrap();
    held.world.is_empty().await;
}

async fn two_pools_with_lock_claims_run_each_task_once(mode: Mode) {
    let mut held = Held::new(mode, &[]).await;
    let mut second = held.world.pool(2).start().await;
    for _ in 0..20 {
        backlog(&held.world, &[]).await;
    }
    held.world.is_empty().await;
    assert_eq!(second.shutdown(PATIENCE).await.late_results, 0);
    held.pool.shutdown(PATIENCE).await;
    drop((second, held.pool));
    let ran: Vec<String> = held.world.told_to_the_end().await.into_iter().map(|run| run.name).collect();
    let distinct: BTreeSet<&String> = ran.iter().collect();
    assert_eq!((ran.len(), distinct.len()), (21 * WARM, 21 * WARM));
}

async fn a_task_that_saves_its_own_success_waits_for_its_written_claim(mode: Mode) {
    let world = World::postgres(mode).await;
    backlog(&world, &[&FinishesItself]).await;
    let mut pool = world.pool(2).start().await;
    world.is_empty().await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_lock_claim_whose_connection_is_cut_cannot_list_or_commit(mode: Mode) {
    let world = World::postgres(mode).await;
    let id = world.queue.insert_task(&say("a")).await.unwrap().id;
    let mut locked = Rival::new(&world.queue).await.lock(10).await;
    assert_eq!(locked.tasks, [(id, 1)]);
    let cut = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'";
    assert_eq!(world.number(cut).await, 1);
    assert!(!locked.list().await);
    assert_eq!(
        world.number("SELECT count(*) FROM fang_lock_claims").await,
        0,
        "others may have listed it by now"
    );
    assert!(!locked.commit().await);
}

/// It had given the list up, and others would make claims of it.
async fn a_pool_that_reconciles_removes_a_list_of_tasks_that_it_does_not_run(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(2).start().await;
    world.run("BEGIN").await;
    let aborted = world.number("SELECT pg_current_xact_id()::text::bigint").await;
    world.run("ROLLBACK").await;
    let list = format!(
        "INSERT INTO fang_lock_claims (worker, slot, task_type, transaction, ids, leases)
         SELECT max(id), 0, 'common', '{aborted}', ARRAY[gen_random_uuid()], '{{1}}' FROM fang_workers"
    );
    world.run(&list).await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(world.number(cut).await >= 1);
    until(async || {
        // It asks what is in flight before it claims.
        let _ = world.queue.insert_task(&say("more")).await;
        world.number("SELECT count(*) FROM fang_lock_claims").await == 0
    })
    .await;
    pool.shutdown(PATIENCE).await;
}

async fn a_queue_behind_a_pooler_offers_no_lock_claims(mode: Mode) {
    let world = World::postgres(mode).await;
    let options = Options { max_pool_size: 2, pgbouncer: true, ..Options::default() };
    assert!(!Rival::can_lock(&mode.queue_with(world.uri(), &options)));
}

async fn a_queue_over_an_application_pool_offers_no_lock_claims(mode: Mode) {
    let world = World::postgres(mode).await;
    assert!(!Rival::can_lock(&Mode::queue_over_application_pool(world.uri(), 5)));
}
