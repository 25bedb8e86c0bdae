//! Tasks that are held: claimed by locks alone.

use crate::world::{Ear, Hold, PATIENCE, Queue, Say, World, ear, heard, say, until};
use fang_asynk::{AsyncBackend, AsyncFinishIn, AsyncQueue, AsyncWorkerPool};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::{Claim, Holder, Settlement, WorkerId};
use fang_core::{AsyncQueueable, AsyncRunnable, FangError, Mode, NewTask, Unique, async_trait, typetag};
use fang_test_support::{Network, Proxy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

type Pool = AsyncWorkerPool<Queue>;

/// Enough for the pool to know that they are short, and that there are more.
const WARM: usize = 100;

/// Cuts the connections that hold something, and tells how many.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'";

struct Held {
    world: World,
    pool: Pool,
    ear: mpsc::UnboundedReceiver<String>,
    hold: Arc<Semaphore>,
    /// How often each task ran, as far as it was heard.
    runs: BTreeMap<String, u32>,
}

impl Held {
    /// A backlog of short tasks, and after them these.
    async fn new(tasks: &[&dyn AsyncRunnable]) -> Self {
        let world = World::new().await;
        let queue = world.queue.clone();
        Self::over(world, &queue, tasks).await
    }

    /// The same, and the pool is over this queue.
    async fn over(world: World, queue: &Queue, tasks: &[&dyn AsyncRunnable]) -> Self {
        backlog(&world, tasks).await;
        let ((ear, heard), hold) = (ear(), Arc::new(Semaphore::new(0)));
        let mut pool = pool(queue, ear, &hold);
        pool.start().await.unwrap();
        Self { world, pool, ear: heard, hold, runs: BTreeMap::new() }
    }

    async fn hears(&mut self, text: &str) {
        let mut last = String::new();
        while last != text {
            last = heard(&mut self.ear).await;
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
            self.hold.add_permits(1);
            backlog(&self.world, &[&long(&format!("long {}", number + 1))]).await;
        }
        panic!("no long task was held");
    }

    async fn is_empty(&self) {
        until(async || self.world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    }

    /// Nothing was lost, and nothing ran twice.
    async fn ends(self) {
        let Self { world: _world, mut pool, mut ear, mut runs, .. } = self;
        let late = pool.shutdown(PATIENCE).await.late_results;
        // Its tasks hold the other end of the ear.
        drop(pool);
        while let Some(text) = ear.recv().await {
            *runs.entry(text).or_default() += 1;
        }
        runs.retain(|_, times| *times != 1);
        assert_eq!((late, runs), (0, BTreeMap::new()));
    }
}

fn pool(queue: &Queue, ear: Ear, hold: &Arc<Semaphore>) -> Pool {
    let builder = AsyncWorkerPool::builder().number_of_workers(2_u32).queue(queue.clone());
    builder.hold_short_tasks(true).state(ear).state(Hold(hold.clone())).build()
}

async fn backlog(world: &World, tasks: &[&dyn AsyncRunnable]) {
    let warm = (0..WARM).map(|number| NewTask::asynk(&say(&format!("{} {number}", Uuid::now_v7()))).unwrap());
    world.queue.insert_tasks(warm.collect()).await.unwrap();
    for task in tasks {
        world.queue.insert_task(*task).await.unwrap();
    }
}

fn long(text: &str) -> Say {
    Say { text: text.to_owned(), hold: true }
}

#[derive(Serialize, Deserialize)]
struct Fails;

#[typetag::serde(name = "FailsHeld")]
#[async_trait]
impl AsyncRunnable for Fails {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Err(FangError::new("no"))
    }
}

#[derive(Serialize, Deserialize)]
struct FinishesItself(String);

#[typetag::serde(name = "FinishesItselfHeld")]
#[async_trait]
impl AsyncRunnable for FinishesItself {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let (mut client, connection) = tokio_postgres::connect(&self.0, tokio_postgres::NoTls)
            .await
            .map_err(|e| FangError::new(e.to_string()))?;
        tokio::spawn(connection);
        let transaction = client.transaction().await.map_err(|e| FangError::new(e.to_string()))?;
        queue.context().finish_in(&transaction).await?;
        transaction.commit().await.map_err(|e| FangError::new(e.to_string()))
    }
}

#[tokio::test]
async fn a_task_that_takes_longer_than_it_is_held_becomes_an_ordinary_claim_and_ends_well() {
    let mut held = Held::new(&[&long("long 0")]).await;
    let listed =
        "SELECT count(*) FROM fang_tasks t, fang_holds h WHERE t.id = ANY (h.ids) AND t.state = 'new'";
    held.long_until(listed).await;
    let leased = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(async || held.world.number(leased).await == 1).await;
    held.hold.add_permits(1);
    held.is_empty().await;
    held.ends().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_while_its_tasks_run_loses_nothing_and_doubles_nothing() {
    let mut held = Held::new(&[&long("long 0")]).await;
    held.long_until(CUT).await;
    held.hold.add_permits(1);
    held.is_empty().await;
    held.ends().await;
}

/// The locks are lost, and before the pool knows, another claim of its own takes the tasks again, under the same lease; the
/// answer comes when they have ended and their results are saved.
#[tokio::test]
async fn a_claim_whose_answer_comes_after_the_results_of_what_lost_its_locks_runs_none_of_it_again() {
    let world = World::new().await;
    let proxy = Proxy::start(world.database.uri()).unwrap();
    let queue = AsyncQueue::builder().uri(proxy.uri()).build();
    let mut held = Held::over(world, &queue, &[&long("long 0")]).await;
    held.long_until(CUT).await;
    proxy.set(Network::DelayAnswers(b"long ".to_vec(), Duration::from_millis(300)));
    backlog(&held.world, &[]).await;
    let claimed = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(async || held.world.number(claimed).await > 0).await;
    held.hold.add_permits(1);
    held.is_empty().await;
    held.ends().await;
}

#[tokio::test]
async fn results_other_than_a_removal_are_saved_as_always() {
    let held = Held::new(&[&Fails]).await;
    let failed = "SELECT count(*) FROM fang_tasks WHERE state = 'retried' AND retries = 1
        AND lease = 1 AND locked_by IS NULL AND error_message = 'no'";
    until(async || held.world.number(failed).await == 1).await;
    held.ends().await;
}

#[tokio::test]
async fn a_task_that_is_unique_until_it_starts_is_claimed_in_the_ordinary_way() {
    let held = Held::new(&[]).await;
    for number in 0..5 {
        let task = say(&format!("unique {number}"));
        held.world.queue.light(&task).unique_by(Unique::payload().until_started()).insert().await.unwrap();
        backlog(&held.world, &[]).await;
    }
    held.is_empty().await;
    held.ends().await;
}

#[tokio::test]
async fn a_shutdown_hands_back_what_is_held_and_another_pool_runs_it() {
    let mut held = Held::new(&[&long("a"), &long("b"), &say("c"), &say("d")]).await;
    // Both workers: what came before has ended.
    let mut missing = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    while !missing.is_empty() {
        missing.remove(&heard(&mut held.ear).await);
    }
    // Nor is a claim under way: without a deadline nothing waits for it.
    let taken = "SELECT count(*) FROM fang_tasks t
        WHERE t.state = 'in_progress' OR EXISTS (SELECT FROM fang_holds h WHERE t.id = ANY (h.ids))";
    until(async || held.world.number(taken).await == 4).await;
    held.pool.shutdown(Duration::ZERO).await;
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND locked_by IS NULL";
    assert_eq!(held.world.number(waiting).await, 4);
    assert_eq!(held.world.number("SELECT count(*) FROM fang_holds").await, 0);
    held.hold.add_permits(2);
    held.pool.start().await.unwrap();
    held.is_empty().await;
}

#[tokio::test]
async fn two_pools_that_hold_share_a_table_and_run_each_task_once() {
    let mut held = Held::new(&[]).await;
    let (ear, mut other) = ear();
    let mut second = pool(&held.world.queue, ear, &held.hold);
    second.start().await.unwrap();
    for _ in 0..20 {
        backlog(&held.world, &[]).await;
    }
    held.is_empty().await;
    assert_eq!(second.shutdown(PATIENCE).await.late_results, 0);
    held.pool.shutdown(PATIENCE).await;
    drop((second, held.pool));
    let (mut ran, mut both) = (0, std::collections::BTreeSet::new());
    for ears in [&mut held.ear, &mut other] {
        while let Some(text) = ears.recv().await {
            ran += 1;
            both.insert(text);
        }
    }
    assert_eq!((ran, both.len()), (21 * WARM, 21 * WARM));
}

#[tokio::test]
async fn a_task_that_saves_its_own_success_waits_until_its_claim_is_written() {
    let world = World::new().await;
    let finishes = FinishesItself(world.database.uri().to_owned());
    backlog(&world, &[&finishes]).await;
    let ((ear, _heard), hold) = (ear(), Arc::new(Semaphore::new(0)));
    let mut pool = pool(&world.queue, ear, &hold);
    pool.start().await.unwrap();
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

/// A store with a task in it, and a worker that may hold.
async fn store() -> (World, Arc<dyn fang_core::store::NonBlocking>, Uuid) {
    let world = World::new().await;
    let id = world.queue.insert_task(&say("a")).await.unwrap().id;
    let store = world.queue.engine().unwrap();
    (world, store, id)
}

async fn hold(holder: &mut dyn Holder, worker: WorkerId) -> Vec<(Uuid, i32)> {
    let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 10, lanes: &lanes, crowded: false };
    let held = holder.hold(&claim).await.unwrap();
    held.iter().map(|held| (held.task.id, held.task.lease)).collect()
}

#[tokio::test]
async fn a_holder_that_has_lost_its_connection_cannot_list_or_settle() {
    let (world, store, _) = store().await;
    let worker = store.register("{}").await.unwrap();
    let mut holder = store.holder(0).unwrap();
    let held = hold(holder.as_mut(), worker).await;
    let cut = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'";
    assert_eq!(world.number(cut).await, 1);
    assert!(holder.list(worker, "common", &held).await.is_err());
    assert!(holder.settle(&Settlement::default()).await.is_err());
}
