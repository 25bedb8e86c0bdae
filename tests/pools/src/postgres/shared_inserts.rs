//! Inserts of many callers share statements, and each gets its own answer.

use crate::seam::{Mode, World, say, until};
use fang_core::{QueueError, Task};
use futures_util::future::join_all;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

crate::each_mode! {
    callers_that_come_meanwhile_share_a_commit,
    what_is_refused_for_one_caller_is_saved_for_the_others,
}

crate::one_mode! {
    only_asynk, Asynk,
    a_caller_that_gives_up_withdraws_what_was_not_sent,
    a_statement_goes_on_although_its_caller_gives_up,
    no_caller_waits_for_one_that_is_not_polled,
}

type Answer = Result<Task, QueueError>;

const CALLERS: usize = 40;

/// Callers wait for statements that are under way, unless these take longer than this.
const STUCK_AFTER: Duration = Duration::from_millis(250);
const TRIES: usize = 50;

/// Inserts a task as a caller of its own.
fn insert(world: &World, text: &str) -> JoinHandle<Answer> {
    let (queue, task) = (world.queue.clone(), say(text));
    tokio::spawn(async move { queue.insert_task(&task).await })
}

/// Keeps inserts waiting until [`release`]. They may be sent.
async fn hold(world: &World) {
    world.run("BEGIN; LOCK TABLE fang_tasks IN EXCLUSIVE MODE").await;
}

async fn release(world: &World) {
    world.run("COMMIT").await;
}

/// Waits until at least this many statements have to wait.
async fn until_sent(world: &World, statements: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // The view is read anew in each transaction only.
    let client = world.database().client().await.unwrap();
    until(async || client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) >= statements).await;
}

async fn callers_that_come_meanwhile_share_a_commit(mode: Mode) {
    let world = World::postgres(mode).await;
    hold(&world).await;
    let callers: Vec<_> = (0..CALLERS).map(|number| insert(&world, &number.to_string())).collect();
    until_sent(&world, 2).await;
    release(&world).await;
    for (number, answer) in join_all(callers).await.into_iter().enumerate() {
        let id = answer.unwrap().unwrap().id;
        let own =
            format!("SELECT count(*) FROM fang_tasks WHERE id = '{id}' AND metadata->>'text' = '{number}'");
        assert_eq!(world.number(&own).await, 1, "the caller {number} got the answer of another one");
    }
    let texts = "SELECT count(DISTINCT metadata->>'text') FROM fang_tasks";
    assert_eq!(world.number(texts).await, CALLERS as i64);
    // Callers that came late may have sent their tasks themselves.
    let commits = world.number("SELECT count(DISTINCT xmin::text) FROM fang_tasks").await;
    assert!(commits <= CALLERS as i64 / 2, "{commits} commits for {CALLERS} callers");
}

/// The code is that of `RAISE`, or says that the server is the cause: it is read-only, knows no such role, has no connection left
/// or no such table; or it should pass: another transaction won, or holds a lock.
async fn what_is_refused_for_one_caller_is_saved_for_the_others(mode: Mode) {
    const REFUSED: [usize; 8] = [3, 5, 7, 9, 11, 13, 17, 18];
    let world = World::postgres(mode).await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            code text := '{\"3\": \"P0001\", \"5\": \"25006\", \"7\": \"28000\", \"9\": \"53300\", \"11\": \"42P01\",
                \"13\": \"40001\", \"17\": \"55P03\", \"18\": \"P0001\"}'::jsonb->>(NEW.metadata->>'text');
        BEGIN
            IF code IS NOT NULL THEN
                RAISE EXCEPTION 'not %', NEW.metadata->>'text' USING ERRCODE = code;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON fang_tasks FOR EACH ROW EXECUTE FUNCTION refuse()";
    world.run(refuse).await;
    hold(&world).await;
    let callers: Vec<_> = (0..CALLERS).map(|number| insert(&world, &number.to_string())).collect();
    until_sent(&world, 2).await;
    release(&world).await;
    let mut refused = Vec::new();
    for (number, answer) in join_all(callers).await.into_iter().enumerate() {
        if let Err(error) = answer.unwrap() {
            assert!(error.to_string().contains(&format!("not {number}")), "{error}");
            refused.push(number);
        }
    }
    assert_eq!(refused, REFUSED);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, (CALLERS - REFUSED.len()) as i64);
}

/// An insert that goes on only when it is polled.
struct Slow<'a>(Pin<Box<dyn Future<Output = Answer> + Send + 'a>>);

impl<'a> Slow<'a> {
    /// Begins an insert. It waits for its turn, or was sent.
    fn begin(world: &'a World, text: &'static str) -> Self {
        let mut insert = Self(Box::pin(async move { world.queue.insert_task(&say(text)).await }));
        insert.poll();
        insert
    }

    fn poll(&mut self) {
        assert!(self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
}

async fn a_caller_that_gives_up_withdraws_what_was_not_sent(mode: Mode) {
    let world = World::postgres(mode).await;
    // After that time callers no longer wait for each other, and a busy machine may take as long to get there.
    for _ in 0..TRIES {
        if withdraws_within(STUCK_AFTER, &world).await {
            return;
        }
        world.run("DELETE FROM fang_tasks").await;
    }
    panic!("a caller never gave up in time");
}

/// Whether a caller gave up in this time. If so, its task must not be there.
async fn withdraws_within(time: Duration, world: &World) -> bool {
    hold(world).await;
    let began = Instant::now();
    let mut sent = Vec::new();
    for (number, text) in ["first", "second", "third"].into_iter().enumerate() {
        sent.push(insert(world, text));
        until_sent(world, number as i64 + 1).await;
    }
    let (stays, leaves, stays_too) =
        (Slow::begin(world, "stays"), Slow::begin(world, "leaves"), Slow::begin(world, "stays too"));
    drop(leaves);
    let is_in_time = began.elapsed() < time;
    release(world).await;
    for answer in [stays.0, stays_too.0] {
        answer.await.unwrap();
    }
    for answer in sent {
        answer.await.unwrap().unwrap();
    }
    if is_in_time {
        let left = "SELECT count(*) FROM fang_tasks WHERE metadata->>'text' = 'leaves'";
        assert_eq!(world.number(left).await, 0);
        assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 5);
    }
    is_in_time
}

/// The first caller comes alone. Tasks of the runtime send for the others.
async fn a_statement_goes_on_although_its_caller_gives_up(mode: Mode) {
    let world = World::postgres(mode).await;
    hold(&world).await;
    let lone = insert(&world, "lone");
    until_sent(&world, 1).await;
    let (leaves, stays) = (Slow::begin(&world, "leaves"), Slow::begin(&world, "stays"));
    until_sent(&world, 2).await;
    drop(leaves);
    release(&world).await;
    stays.0.await.unwrap();
    lone.await.unwrap().unwrap();
    for text in ["leaves", "stays"] {
        let rows = format!("SELECT count(*) FROM fang_tasks WHERE metadata->>'text' = '{text}'");
        world.until_number(&rows, 1).await;
    }
}

/// Such as those of a stream, while the body of its loop inserts too.
async fn no_caller_waits_for_one_that_is_not_polled(mode: Mode) {
    let world = World::postgres(mode).await;
    let unpolled: Vec<_> = (0..CALLERS).map(|_| Slow::begin(&world, "unpolled")).collect();
    for number in 0..CALLERS {
        world.queue.insert_task(&say(&number.to_string())).await.unwrap();
    }
    for insert in unpolled {
        insert.0.await.unwrap();
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2 * CALLERS as i64);
}
