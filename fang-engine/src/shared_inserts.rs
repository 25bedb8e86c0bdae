//! Inserts of a queue that share a statement and a commit, when callers come at the same time.

mod letterbox;
mod place;
mod statement;
#[cfg(test)]
mod tests;

use crate::runtime::BoxFuture;
use fang_core::store::{Inserted, Store, are_new};
use fang_core::{NewTask, StoreError};
use letterbox::{Letterbox, Post};
use place::{Alone, Place};
use statement::send;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

/// How many shared statements may be under way at the same time.
const STATEMENTS: usize = 2;

/// The most tasks of a shared statement. The store over Postgres sends more than these by COPY, and a caller should
/// meet the same rules in company as alone.
const MAX_TASKS: usize = 199;

/// The most tasks of an insert that shares a statement, and the most bytes of its payloads. More make a good statement
/// by themselves.
const MAX_SHARED: (usize, usize) = (64, 64 * 1024);

/// After this time without progress, the statements under way wait for something themselves, such as a lock. Callers
/// that come then send their tasks by themselves.
const STUCK_AFTER: Duration = Duration::from_millis(250);

type Outcome = Result<Vec<Inserted>, StoreError>;

/// Runs a future in the background until it is ready.
pub type Spawn = Box<dyn FnOnce(BoxFuture<'static, ()>)>;

/// The inserts of a queue and its clones.
///
/// A caller that comes alone sends its tasks itself. Callers that come meanwhile wait until a statement is over, and
/// the next one has the tasks of all that wait. There is no timer.
///
/// No caller waits for the future of another one, which may never be polled again, or be dropped: in the async mode, a
/// part in the background sends what is shared. A thread cannot leave a call, so in the blocking mode one of the
/// callers sends it. A caller that gives up withdraws its tasks, unless they are under way.
#[derive(Debug, Default)]
pub struct SharedInserts {
    way: Way,
    state: Mutex<State>,
}

/// Who sends a shared statement.
#[derive(Clone, Copy, Debug, Default)]
enum Way {
    /// Nothing is shared.
    #[default]
    Alone,
    /// A part in the background, which ends when nobody waits.
    Spawned(fn() -> Option<Spawn>),
    /// The first of the callers that wait.
    Led,
}

#[derive(Debug, Default)]
struct State {
    /// Whether a caller sends its tasks itself, since it came alone.
    has_lone: bool,
    /// The parts that send shared statements, or the callers that lead one.
    senders: usize,
    /// Whether the first caller that waits was told to lead.
    has_leader: bool,
    waiting: VecDeque<Caller>,
    /// The number of the last caller that had to wait.
    last: u64,
    /// When a shared statement last began or ended.
    moved_at: Option<Instant>,
}

/// A caller that waits.
#[derive(Debug)]
struct Caller {
    number: u64,
    tasks: Vec<NewTask>,
    /// Why the last statement with its tasks was refused.
    refused: Option<StoreError>,
    post: Post,
}

#[derive(Debug)]
enum Told {
    /// To send the tasks of all that wait, its own first.
    Lead,
    /// The answer to its own tasks.
    Answer(Outcome),
}

/// How an insert goes on.
enum Turn<'a> {
    Alone(Alone<'a>),
    Waits(Place<'a>),
}

impl SharedInserts {
    /// For callers that may give up at any time. `runtime` gives access to the runtime of a caller, if it has one.
    pub fn spawned(runtime: fn() -> Option<Spawn>) -> Self {
        Self { way: Way::Spawned(runtime), ..Self::default() }
    }

    /// For callers that block their thread until they have an answer.
    pub fn led() -> Self {
        Self { way: Way::Led, ..Self::default() }
    }

    /// Saves tasks, maybe together with those of other callers. The answer is for these tasks alone.
    pub(crate) async fn insert(self: &Arc<Self>, store: &Arc<dyn Store>, tasks: &[NewTask]) -> Outcome {
        if matches!(self.way, Way::Alone) || !may_share(tasks) {
            return store.insert(tasks).await;
        }
        let place = match self.enter(store, tasks) {
            Turn::Waits(place) => place,
            Turn::Alone(_alone) => return store.insert(tasks).await,
        };
        match place.told().await {
            Some(Told::Answer(outcome)) => outcome,
            Some(Told::Lead) => self.lead(&**store).await,
            None => Err(StoreError::unreachable(
                "the runtime that sent this insert went down meanwhile; it may have been saved".into(),
            )),
        }
    }

    fn enter(self: &Arc<Self>, store: &Arc<dyn Store>, tasks: &[NewTask]) -> Turn<'_> {
        if let Some(alone) = self.alone(&mut self.state()) {
            return Turn::Alone(alone);
        }
        // Copied before the lock is taken, since all callers wait for that.
        let (caller, told) = Caller::new(tasks);
        let mut state = self.state();
        if let Some(alone) = self.alone(&mut state) {
            return Turn::Alone(alone);
        }
        if state.senders == STATEMENTS || state.has_leader {
            return Turn::Waits(Place::new(self, state.wait(caller), told));
        }
        let spawn = match self.way {
            Way::Alone | Way::Led => None,
            Way::Spawned(runtime) => match runtime() {
                None => return Turn::Alone(Alone::uncounted(self)),
                spawn => spawn,
            },
        };
        let place = Place::new(self, state.wait(caller), told);
        state.begin_sender();
        match spawn {
            None => {
                let leader = state.pass_on();
                drop(state);
                wake(leader);
            }
            Some(spawn) => {
                drop(state);
                spawn(Box::pin(send_all(Sender::new(self), store.clone())));
            }
        }
        Turn::Waits(place)
    }

    /// The right of a caller to send its tasks itself, if it came alone or the others are stuck.
    fn alone<'a>(&'a self, state: &mut State) -> Option<Alone<'a>> {
        if state.senders == 0 && !state.has_lone {
            state.has_lone = true;
            return Some(Alone::counted(self));
        }
        (state.senders > 0 && state.is_stuck()).then(|| Alone::uncounted(self))
    }

    /// Sends the tasks of all that wait. Returns the answer to those of the leader, who is the first of them.
    async fn lead(&self, store: &dyn Store) -> Outcome {
        let _lead = Lead(self);
        let callers = self.take_as_leader();
        let leader = callers.first().map(|caller| caller.number);
        send(store, callers, leader).await.unwrap_or_else(|| Err(StoreError::no_answer()))
    }

    fn take_as_leader(&self) -> Vec<Caller> {
        let mut state = self.state();
        state.has_leader = false;
        let callers = state.take();
        let mut leader = None;
        if state.senders < STATEMENTS && !state.waiting.is_empty() {
            state.begin_sender();
            leader = state.pass_on();
        }
        drop(state);
        wake(leader);
        callers
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A unique task may have to wait for a transaction of the application that has inserted the same one. It must not hold
/// up others.
fn may_share(tasks: &[NewTask]) -> bool {
    let bytes = || tasks.iter().map(|task| task.row().metadata.len()).sum::<usize>();
    tasks.len() <= MAX_SHARED.0 && are_new(tasks) && bytes() <= MAX_SHARED.1
}

/// Sends shared statements until nobody waits.
async fn send_all(mut sender: Sender, store: Arc<dyn Store>) {
    while let Some(callers) = sender.next() {
        send(&*store, callers, None).await;
    }
}

/// A part in the background that sends shared statements.
struct Sender {
    inserts: Arc<SharedInserts>,
    has_ended: bool,
}

impl Sender {
    fn new(inserts: &Arc<SharedInserts>) -> Self {
        Self { inserts: inserts.clone(), has_ended: false }
    }

    /// The callers of the next statement. With `None`, this part has ended, and the next caller begins another one.
    fn next(&mut self) -> Option<Vec<Caller>> {
        let mut state = self.inserts.state();
        let callers = state.take();
        if callers.is_empty() {
            state.senders -= 1;
            self.has_ended = true;
            return None;
        }
        Some(callers)
    }
}

impl Drop for Sender {
    /// If its runtime goes down, those that it leaves may wait for nobody. They get an error.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut state = self.inserts.state();
        state.senders -= 1;
        let left = if state.senders == 0 { std::mem::take(&mut state.waiting) } else { VecDeque::new() };
        drop(state);
        drop(left);
    }
}

/// The lead of one statement. It goes to the next caller that waits.
struct Lead<'a>(&'a SharedInserts);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let leader = self.0.state().pass_on();
        wake(leader);
    }
}

fn wake(waiting: Option<Waker>) {
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

impl Caller {
    fn new(tasks: &[NewTask]) -> (Self, Letterbox) {
        let (post, told) = letterbox::new();
        (Self { number: 0, tasks: tasks.to_vec(), refused: None, post }, told)
    }
}

impl State {
    fn is_stuck(&self) -> bool {
        self.moved_at.is_some_and(|at| at.elapsed() > STUCK_AFTER)
    }

    fn begin_sender(&mut self) {
        self.senders += 1;
        self.moved_at = Some(Instant::now());
    }

    /// Lets a caller wait. Returns its number.
    fn wait(&mut self, caller: Caller) -> u64 {
        self.last += 1;
        self.waiting.push_back(Caller { number: self.last, ..caller });
        self.last
    }

    /// Takes the callers of the next statement.
    fn take(&mut self) -> Vec<Caller> {
        self.moved_at = Some(Instant::now());
        let mut tasks = 0;
        let fits = |caller: &&Caller| {
            tasks += caller.tasks.len();
            tasks <= MAX_TASKS
        };
        let count = self.waiting.iter().take_while(fits).count();
        self.waiting.drain(..count).collect()
    }

    /// Hands the lead to the first caller that waits, or else ends a sender. Returns what wakes that caller, to be called
    /// without the lock.
    #[must_use]
    fn pass_on(&mut self) -> Option<Waker> {
        self.moved_at = Some(Instant::now());
        match self.waiting.front() {
            Some(first) if !self.has_leader => {
                self.has_leader = true;
                first.post.put(Told::Lead)
            }
            _ => {
                self.senders -= 1;
                None
            }
        }
    }
}
