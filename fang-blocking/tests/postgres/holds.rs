//! Tasks that are held: claimed by locks alone.

use crate::world::{Ear, Hold, PATIENCE, Say, World, ear, heard, say, until};
use diesel::Connection;
use fang_blocking::{Backend, FinishIn, PgConnection, Queue, WorkerPool, block_on};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::{Claim, Settlement};
use fang_core::{FangError, Mode, NewTask, Queueable, Runnable, Unique, typetag};
use fang_test_support::{Network, Proxy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::Duration;
use uuid::Uuid;

/// Enough for the pool to know that they are short, and that there are more.
const WARM: usize = 100;

/// Cuts the connections that hold something, and tells how many.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'";

struct Held {
    world: World,
    pool: WorkerPool<Queue>,
    ear: mpsc::Receiver<String>,
    hold: Hold,
    /// How often each task ran, as far as it was heard.
    runs: BTreeMap<String, u32>,
}

impl Held {
    /// A backlog of short tasks, and after them these.
    fn new(tasks: &[&dyn Runnable]) -> Self {
        let world = World::new();
        let queue = world.queue.clone();
        Self::over(world, &queue, tasks)
    }

    /// The same, and the pool is over this queue.
    fn over(world: World, queue: &Queue, tasks: &[&dyn Runnable]) -> Self {
        backlog(&world, tasks);
        let ((ear, heard), hold) = (ear(), Hold::default());
        let mut pool = pool(queue, ear, &hold);
        pool.start().unwrap();
        Self { world, pool, ear: heard, hold, runs: BTreeMap::new() }
    }

    fn hears(&mut self, text: &str) {
        let mut last = String::new();
        while last != text {
            last = heard(&self.ear);
            *self.runs.entry(last.clone()).or_default() += 1;
        }
    }

    /// Waits until a long task runs while this is not 0: it was held, and still is.
    fn long_until(&mut self, sql: &str) {
        for number in 0..20 {
            self.hears(&format!("long {number}"));
            if self.world.number(sql) > 0 {
                return;
            }
            self.hold.release(1);
            backlog(&self.world, &[&long(&format!("long {}", number + 1))]);
        }
        panic!("no long task was held");
    }

    fn is_empty(&self) {
        until(|| self.world.number("SELECT count(*) FROM fang_tasks") == 0);
    }

    /// Nothing was lost, and nothing ran twice.
    fn ends(self) {
        let Self { world: _world, mut pool, ear, mut runs, .. } = self;
        let late = pool.shutdown(PATIENCE).late_results;
        // Its tasks hold the other end of the ear.
        drop(pool);
        for text in ear {
            *runs.entry(text).or_default() += 1;
        }
        runs.retain(|_, times| *times != 1);
        assert_eq!((late, runs), (0, BTreeMap::new()));
    }
}

fn pool(queue: &Queue, ear: Ear, hold: &Hold) -> WorkerPool<Queue> {
    let builder = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone());
    builder.hold_short_tasks(true).state(ear).state(hold.clone()).build()
}

fn backlog(world: &World, tasks: &[&dyn Runnable]) {
    let warm =
        (0..WARM).map(|number| NewTask::blocking(&say(&format!("{} {number}", Uuid::now_v7()))).unwrap());
    world.queue.insert_tasks(warm.collect()).unwrap();
    for task in tasks {
        world.queue.insert_task(*task).unwrap();
    }
}

fn long(text: &str) -> Say {
    Say { text: text.to_owned(), hold: true }
}

#[derive(Serialize, Deserialize)]
struct Fails;

#[typetag::serde(name = "FailsHeld")]
impl Runnable for Fails {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Err(FangError::new("no"))
    }
}

#[derive(Serialize, Deserialize)]
struct FinishesItself(String);

#[typetag::serde(name = "FinishesItselfHeld")]
impl Runnable for FinishesItself {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let connection = PgConnection::establish(&self.0);
        let mut connection = connection.map_err(|error| FangError::new(error.to_string()))?;
        connection.transaction(|connection| Ok(queue.context().finish_in(connection)?))
    }
}

#[test]
fn a_task_that_takes_longer_than_it_is_held_becomes_an_ordinary_claim_and_ends_well() {
    let mut held = Held::new(&[&long("long 0")]);
    let listed =
        "SELECT count(*) FROM fang_tasks t, fang_holds h WHERE t.id = ANY (h.ids) AND t.state = 'new'";
    held.long_until(listed);
    let leased = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(|| held.world.number(leased) == 1);
    held.hold.release(1);
    held.is_empty();
    held.ends();
}

#[test]
fn a_connection_that_is_cut_while_its_tasks_run_loses_nothing_and_doubles_nothing() {
    let mut held = Held::new(&[&long("long 0")]);
    held.long_until(CUT);
    held.hold.release(1);
    held.is_empty();
    held.ends();
}

/// The locks are lost, and before the pool knows, another claim of its own takes the tasks again, under the same lease; the
/// answer comes when they have ended and their results are saved.
#[test]
fn a_claim_whose_answer_comes_after_the_results_of_what_lost_its_locks_runs_none_of_it_again() {
    let world = World::new();
    let proxy = Proxy::start(world.database.uri()).unwrap();
    let queue = Queue::builder().uri(proxy.uri()).build();
    let mut held = Held::over(world, &queue, &[&long("long 0")]);
    held.long_until(CUT);
    proxy.set(Network::DelayAnswers(b"long ".to_vec(), Duration::from_millis(300)));
    backlog(&held.world, &[]);
    let claimed = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(|| held.world.number(claimed) > 0);
    held.hold.release(1);
    held.is_empty();
    held.ends();
}

#[test]
fn results_other_than_a_removal_are_saved_as_always() {
    let held = Held::new(&[&Fails]);
    let failed = "SELECT count(*) FROM fang_tasks WHERE state = 'retried' AND retries = 1
        AND lease = 1 AND locked_by IS NULL AND error_message = 'no'";
    until(|| held.world.number(failed) == 1);
    held.ends();
}

#[test]
fn a_task_that_is_unique_until_it_starts_is_claimed_in_the_ordinary_way() {
    let held = Held::new(&[]);
    for number in 0..5 {
        let task = say(&format!("unique {number}"));
        held.world.queue.heavy(&task).unique_by(Unique::payload().until_started()).insert().unwrap();
        backlog(&held.world, &[]);
    }
    held.is_empty();
    held.ends();
}

#[test]
fn a_shutdown_hands_back_what_is_held_and_another_pool_runs_it() {
    let mut held = Held::new(&[&long("a"), &long("b"), &say("c"), &say("d")]);
    // Both workers: what came before has ended.
    let mut missing = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    while !missing.is_empty() {
        missing.remove(&heard(&held.ear));
    }
    // Nor is a claim under way: without a deadline nothing waits for it.
    let taken = "SELECT count(*) FROM fang_tasks t
        WHERE t.state = 'in_progress' OR EXISTS (SELECT FROM fang_holds h WHERE t.id = ANY (h.ids))";
    until(|| held.world.number(taken) == 4);
    held.pool.shutdown(Duration::ZERO);
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND locked_by IS NULL";
    assert_eq!(held.world.number(waiting), 4);
    assert_eq!(held.world.number("SELECT count(*) FROM fang_holds"), 0);
    // The runs that could not be stopped, and those that come.
    held.hold.release(4);
    held.pool.start().unwrap();
    held.is_empty();
}

#[test]
fn two_pools_that_hold_share_a_table_and_run_each_task_once() {
    let mut held = Held::new(&[]);
    let (ear, other) = ear();
    let mut second = pool(&held.world.queue, ear, &held.hold);
    second.start().unwrap();
    for _ in 0..20 {
        backlog(&held.world, &[]);
    }
    held.is_empty();
    assert_eq!(second.shutdown(PATIENCE).late_results, 0);
    held.pool.shutdown(PATIENCE);
    drop((second, held.pool));
    let ran: Vec<String> = held.ear.iter().chain(other.iter()).collect();
    let distinct: BTreeSet<&String> = ran.iter().collect();
    assert_eq!((ran.len(), distinct.len()), (21 * WARM, 21 * WARM));
}

#[test]
fn a_task_that_saves_its_own_success_waits_until_its_claim_is_written() {
    let world = World::new();
    let finishes = FinishesItself(world.database.uri().to_owned());
    backlog(&world, &[&finishes]);
    let ((ear, _heard), hold) = (ear(), Hold::default());
    let mut pool = pool(&world.queue, ear, &hold);
    pool.start().unwrap();
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    assert_eq!(pool.shutdown(PATIENCE).late_results, 0);
}

#[test]
fn a_holder_that_has_lost_its_connection_cannot_list_or_settle() {
    let world = World::new();
    let id = world.queue.insert_task(&say("a")).unwrap().id;
    let store = world.queue.engine().unwrap();
    let worker = block_on(store.register("{}")).unwrap();
    let mut holder = store.holder(0).unwrap();
    let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 10, lanes: &lanes, crowded: false };
    let held: Vec<_> =
        block_on(holder.hold(&claim)).unwrap().iter().map(|held| (held.task.id, held.task.lease)).collect();
    assert_eq!(held, [(id, 1)]);
    let cut = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'";
    assert_eq!(world.number(cut), 1);
    assert!(block_on(holder.list(worker, "common", &held)).is_err());
    assert!(block_on(holder.settle(&Settlement::default())).is_err());
}

#[test]
fn an_application_s_pool_and_a_pooler_have_no_connections_that_hold() {
    let world = World::new();
    let given = Queue::builder().connection_pool(world.application_pool(5)).build();
    assert!(given.engine().unwrap().holder(0).is_none());
    let pooled = Queue::builder().uri(world.database.uri()).max_pool_size(2_u32).pgbouncer(true).build();
    assert!(pooled.engine().unwrap().holder(0).is_none());
}
