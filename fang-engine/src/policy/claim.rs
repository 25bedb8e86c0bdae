//! What a claimer does next, and what it makes of the answers: all of it but the waiting.

use crate::claims::Worth;
use crate::policy::pace::Request;
use crate::policy::suspects::{Suspects, Turn};
use crate::policy::weights::{Next, Weights};
use crate::state::in_flight::Reconcile;
use crate::state::load::Load;
use crate::state::{Pool, PoolState};
use fang_core::StoreError;
use fang_core::scan::{Start, sort};
use fang_core::store::{Claim, Claimed, ScanRange, WorkerId};
use std::sync::Arc;
use std::time::Duration;

/// The claims of one pool. All instants count from any fixed one.
#[derive(Debug)]
pub struct ClaimPolicy {
    weights: Weights,
    suspects: Suspects,
    doubt: Reconcile,
    worth: Worth,
    is_failing: bool,
}

/// What a claimer does next.
#[derive(Debug)]
pub enum Act {
    /// Claim.
    Claim(Wanted),
    /// Claim by locks alone, or in writing, should no connection be free for that.
    Lock(Wanted),
    /// Mark this task in the store as the suspect of a crash, then run it.
    Try {
        /// The suspect.
        task: Claimed,
        /// Its task type.
        task_type: Arc<str>,
    },
    /// Sleep, until the time is over, somebody wakes it, or few enough tasks are in flight.
    Sleep {
        /// The longest sleep.
        at_most: Option<Duration>,
        /// Ends the sleep when no more than this many tasks are in flight.
        until_in_flight: Option<usize>,
    },
}

/// What to claim: of which task type, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    turn: usize,
    request: Request,
}

impl Wanted {
    /// The same from the beginning, where lock-claims left tasks that must be written first.
    #[must_use]
    pub fn from_the_beginning(self) -> Self {
        Self { request: Request { start: Start::Beginning, ..self.request }, ..self }
    }
}

/// A claim that is made.
#[derive(Debug)]
pub struct Asked {
    wanted: Wanted,
    /// For whom.
    pub worker: WorkerId,
    /// Of which task type.
    pub task_type: Arc<str>,
    ranges: Vec<ScanRange>,
}

impl Asked {
    /// What the store is asked for.
    pub fn claim(&self) -> Claim<'_> {
        let Request { limit, crowded, .. } = self.wanted.request;
        Claim { worker: self.worker, task_type: &self.task_type, limit, ranges: &self.ranges, crowded }
    }
}

impl ClaimPolicy {
    /// Of a pool that begins.
    pub fn new(weights: Weights, suspects: Suspects) -> Self {
        Self { weights, suspects, doubt: Reconcile::default(), worth: Worth::default(), is_failing: false }
    }

    /// What to do now; `can_lock` tells whether tasks can be claimed by locks alone.
    pub fn next(&mut self, pool: &PoolState, now: Duration, can_lock: bool) -> Act {
        let load = pool.gauge.load();
        match self.suspects.turn(now, load, &pool.in_flight) {
            Turn::Work { look_after } => self.go_on(pool, now, load, can_lock, look_after),
            Turn::Wait { at_most, until_idle } => {
                Act::Sleep { at_most: Some(at_most), until_in_flight: until_idle.then_some(0) }
            }
            Turn::Try { task, task_type } => Act::Try { task, task_type },
        }
    }

    fn go_on(
        &mut self,
        pool: &PoolState,
        now: Duration,
        load: Load,
        can_lock: bool,
        look_after: Option<Duration>,
    ) -> Act {
        if pool.take_came_back() {
            self.weights.came_back();
        }
        if pool.take_may_be_forgotten() {
            self.doubt.arise(now);
        }
        match self.weights.next(now, load, pool.workers()) {
            Next::Claim { turn, request } if can_lock && self.is_worth_locking(pool, turn, now, load) => {
                Act::Lock(Wanted { turn, request })
            }
            Next::Claim { turn, request } => Act::Claim(Wanted { turn, request }),
            Next::Sleep { at_most, until_in_flight } => {
                Act::Sleep { at_most: at_most.into_iter().chain(look_after).min(), until_in_flight }
            }
        }
    }

    fn is_worth_locking(&self, pool: &PoolState, turn: usize, now: Duration, load: Load) -> bool {
        !pool.environment.signals.wants_written()
            && !self.doubt.is_due(now)
            && self.worth.is_given(now, load, self.weights.has_more(turn, now))
    }

    /// Makes a claim for this identity.
    pub fn ask(&self, pool: &PoolState, wanted: Wanted, worker: WorkerId) -> Asked {
        pool.in_flight.claim_begins();
        let Wanted { turn, request } = wanted;
        let ranges = self.weights.ranges(turn).in_order(request.upwards, request.start);
        Asked { wanted, worker, task_type: self.weights.task_type(turn).clone(), ranges }
    }

    /// A claim brought these tasks. Takes out those that do not run now: suspects of a crash, and tasks that this pool
    /// already ran under this lease, by a lock-claim whose connection is gone.
    pub fn claimed(&mut self, pool: &PoolState, now: Duration, asked: &Asked, tasks: &mut Vec<Claimed>) {
        if pool.in_flight.take_out_of_written(tasks) {
            // One of them may have ended just now.
            self.doubt.arise(now);
        }
        self.took(now, asked, tasks);
        pool.in_flight.add(asked.worker, tasks.iter().map(|task| (task.id, task.lease)));
        self.suspects.pick(now, &asked.task_type, tasks);
    }

    /// A lock-claim brought these tasks.
    pub fn locked(&mut self, now: Duration, asked: &Asked, tasks: &mut [Claimed]) {
        self.worth.locked();
        self.took(now, asked, tasks);
    }

    fn took(&mut self, now: Duration, asked: &Asked, tasks: &mut [Claimed]) {
        self.recovered();
        let Wanted { turn, request } = asked.wanted;
        sort(tasks, request.upwards);
        self.weights.claimed(turn, now, request, tasks);
    }

    /// A claim had no answer, or a bad one. The server may have made it.
    pub fn gave_up(&mut self, now: Duration, asked: &Asked) {
        self.doubt.arise(now);
        self.weights.gave_up(asked.wanted.turn, now, asked.wanted.request);
    }

    /// A lock-claim failed.
    pub fn could_not_lock(&mut self, now: Duration, asked: &Asked) {
        self.worth.failed(now);
        self.weights.gave_up(asked.wanted.turn, now, asked.wanted.request);
    }

    /// What was locked could not be listed, or nobody knows. It does not run and is left where it was, before the
    /// floor; but others may make it a claim of this pool.
    pub fn could_not_list(&mut self, now: Duration) {
        self.doubt.arise(now);
        self.weights.came_back();
    }

    /// Whether to give back now what the store takes to be in flight here and is not.
    pub fn is_in_doubt(&self, now: Duration) -> bool {
        self.doubt.is_due(now)
    }

    /// That was done.
    pub fn settled(&mut self, now: Duration) {
        self.doubt.settled(now);
    }

    /// Somebody has said that there are tasks.
    pub fn woken(&mut self, pool: &PoolState, now: Duration) {
        for turn in 0..self.weights.len() {
            if let Some(announced) = pool.take_inserted(turn) {
                self.weights.woken(turn, now, announced);
            }
        }
    }

    /// The store has failed, and would now for any claim. Returns whether that is worth telling: it is the first time.
    /// `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64) -> bool {
        self.weights.failed(now, jitter);
        !std::mem::replace(&mut self.is_failing, true)
    }

    /// The store has answered. Says so if it had failed.
    fn recovered(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            log::info!("tasks can be claimed again");
        }
    }

    /// The store has failed. Says so the first time.
    pub fn report(&mut self, pool: &Pool, error: &StoreError) {
        if self.failed(pool.now(), fastrand::f64()) {
            log::warn!("no tasks can be claimed: {error}");
        }
    }

    /// Gives up all that is set aside.
    pub fn take_suspects(&mut self) -> impl Iterator<Item = (Claimed, Arc<str>)> + use<> {
        self.suspects.take_all().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::suspects::TrialGate;
    use crate::policy::weights::Share;
    use crate::state::{Environment, example};
    use fang_core::Mode;
    use fang_core::kind::Kinds;
    use fang_core::sleep_params::SleepParams;
    use uuid::Uuid;

    const NOW: Duration = Duration::from_secs(1);
    static GATE: TrialGate = TrialGate::new();
    const WORKER: WorkerId = WorkerId(7);

    fn pool() -> (PoolState, ClaimPolicy) {
        let shares = vec![Share { task_type: "mail".into(), weight: 1 }];
        let weights = Weights::new(Mode::Asynk, &shares, 2, &SleepParams::default());
        let pool = PoolState::new(Environment::default(), shares, Kinds::default());
        pool.resize(2);
        (pool, ClaimPolicy::new(weights, Suspects::new(3, &GATE)))
    }

    fn wanted(act: &Act) -> Wanted {
        match act {
            Act::Claim(wanted) | Act::Lock(wanted) => *wanted,
            Act::Try { .. } | Act::Sleep { .. } => panic!("{act:?}"),
        }
    }

    fn tasks(count: u128) -> Vec<Claimed> {
        (1..=count).map(|id| Claimed { id: Uuid::from_u128(id), ..example() }).collect()
    }

    /// A claim that brings so many.
    fn claim(pool: &PoolState, claiming: &mut ClaimPolicy, count: u128) -> Vec<Claimed> {
        let wanted = wanted(&claiming.next(pool, NOW, false));
        let asked = claiming.ask(pool, wanted, WORKER);
        let mut tasks = tasks(count);
        claiming.claimed(pool, NOW, &asked, &mut tasks);
        tasks
    }

    #[test]
    fn what_still_runs_here_is_taken_out_of_a_claim_and_may_have_ended_just_now() {
        let (pool, mut claiming) = pool();
        assert_eq!(claim(&pool, &mut claiming, 2).len(), 2);
        assert!(!claiming.is_in_doubt(NOW));
        assert_eq!(claim(&pool, &mut claiming, 3).len(), 1);
        assert!(claiming.is_in_doubt(NOW));
        assert_eq!(pool.in_flight.list().len(), 3);
    }

    #[test]
    fn what_ended_while_a_claim_was_under_way_and_had_lost_its_locks_is_taken_out_of_that_claim_alone() {
        let (pool, mut claiming) = pool();
        let key = [(Uuid::from_u128(1), example().lease)];
        let wanted = wanted(&claiming.next(&pool, NOW, false));
        let mut brings = |ends: bool| {
            let asked = claiming.ask(&pool, wanted, WORKER);
            if ends {
                pool.in_flight.add(WORKER, key);
                pool.in_flight.lost_locks(key);
                pool.in_flight.remove(key);
            }
            let mut tasks = tasks(2);
            claiming.claimed(&pool, NOW, &asked, &mut tasks);
            pool.in_flight.remove(tasks.iter().map(|task| (task.id, task.lease)));
            tasks.len()
        };
        assert_eq!([brings(true), brings(false)], [1, 2]);
    }

    #[test]
    fn short_tasks_are_claimed_by_locks_while_there_are_more_unless_it_is_in_doubt_what_is_in_flight() {
        let (pool, mut claiming) = pool();
        pool.gauge.ran(Duration::from_micros(1));
        assert!(matches!(claiming.next(&pool, NOW, true), Act::Claim(_)), "nobody knows of more");
        claim(&pool, &mut claiming, 1000);
        assert!(matches!(claiming.next(&pool, NOW, true), Act::Lock(_)));
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Claim(_)), "nothing to lock with");
        let wanted = wanted(&claiming.next(&pool, NOW, true));
        let asked = claiming.ask(&pool, wanted, WORKER);
        claiming.gave_up(NOW, &asked);
        assert!(matches!(claiming.next(&pool, NOW, true), Act::Claim(_)));
    }

    #[test]
    fn a_suspect_of_a_crash_is_run_by_itself() {
        let (pool, mut claiming) = pool();
        let wanted = wanted(&claiming.next(&pool, NOW, false));
        let asked = claiming.ask(&pool, wanted, WORKER);
        let mut tasks = tasks(2);
        tasks[0].crashes = 2;
        claiming.claimed(&pool, NOW, &asked, &mut tasks);
        assert_eq!(tasks.iter().map(|task| task.id.as_u128()).collect::<Vec<_>>(), [2]);
        pool.gauge.claimed(1, 0);
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Sleep { until_in_flight: Some(0), .. }));
        assert!(pool.gauge.left());
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Try { task, .. } if task.id.as_u128() == 1));
    }

    #[test]
    fn it_is_in_doubt_what_a_server_that_may_have_crashed_remembers() {
        let (pool, mut claiming) = pool();
        pool.may_be_forgotten();
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Claim(_)));
        assert!(claiming.is_in_doubt(NOW));
        claiming.settled(NOW);
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Claim(_)));
        assert!(!claiming.is_in_doubt(NOW), "it is asked now and then, and not each time");
    }

    #[test]
    fn failures_are_told_once_and_so_is_their_end() {
        let (pool, mut claiming) = pool();
        assert_eq!([claiming.failed(NOW, 0.5), claiming.failed(NOW, 0.5)], [true, false]);
        assert!(matches!(claiming.next(&pool, NOW, false), Act::Sleep { at_most: Some(_), .. }));
        assert!(claiming.is_failing);
        claiming.recovered();
        assert!(!claiming.is_failing);
    }
}
