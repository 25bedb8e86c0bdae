//! What a claimer does next, and what it makes of the answers: all of it but the waiting.

use crate::policy::pace::Request;
use crate::policy::reconcile::Reconcile;
use crate::policy::suspects::{SuspectStep, Suspects};
use crate::policy::weights::{Next, Weights};
use crate::state::load::Load;
use fang_core::notify::Notice;
use fang_core::scan::{Start, sort};
use fang_core::store::{Claim, Claimed, ScanRange, WorkerId};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The claims of one pool. All instants count from any fixed one.
#[derive(Debug)]
pub struct ClaimPolicy {
    weights: Weights,
    suspects: Suspects,
    reconcile: Reconcile,
}

/// What a claimer sees of its pool before it decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// How busy the pool is.
    pub load: Load,
    /// How many workers there are to be.
    pub workers: usize,
    /// Whether tasks have come back to places that claims may have passed by.
    pub came_back: bool,
    /// Whether the server may have crashed, and forgotten results.
    pub may_be_forgotten: bool,
    /// Whether the suspect [on trial](ClaimPolicy::on_trial) is in flight still.
    pub is_on_trial: bool,
}

/// What a claimer does next.
#[derive(Debug)]
pub enum Act {
    /// Claim.
    Claim(Wanted),
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
    index: usize,
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
        Self { weights, suspects, reconcile: Reconcile::default() }
    }

    /// What to do now.
    pub fn next(&mut self, now: Duration, seen: &Seen) -> Act {
        if seen.came_back {
            self.came_back();
        }
        if seen.may_be_forgotten {
            self.doubt(now);
        }
        match self.suspects.next(now, seen.load, seen.is_on_trial) {
            SuspectStep::Work { look_after } => self.go_on(now, seen, look_after),
            SuspectStep::Wait { at_most, until_idle } => {
                Act::Sleep { at_most: Some(at_most), until_in_flight: until_idle.then_some(0) }
            }
            SuspectStep::Try { task, task_type } => Act::Try { task, task_type },
        }
    }

    fn go_on(&mut self, now: Duration, seen: &Seen, look_after: Option<Duration>) -> Act {
        match self.weights.next(now, seen.load, seen.workers) {
            Next::Claim { index, request } => Act::Claim(Wanted { index, request }),
            Next::Sleep { at_most, until_in_flight } => {
                Act::Sleep { at_most: at_most.into_iter().chain(look_after).min(), until_in_flight }
            }
        }
    }

    /// The suspect of a crash that runs, by task and lease.
    pub fn on_trial(&self) -> Option<(Uuid, i32)> {
        self.suspects.on_trial()
    }

    /// Whether the last claim left tasks of this type behind.
    pub fn has_more(&self, wanted: Wanted, now: Duration) -> bool {
        self.weights.has_more(wanted.index, now)
    }

    /// Makes a claim for this identity.
    pub fn ask(&self, wanted: Wanted, worker: WorkerId) -> Asked {
        let Wanted { index, request } = wanted;
        let ranges = self.weights.ranges(index).in_order(request.upwards, request.start);
        Asked { wanted, worker, task_type: self.weights.task_type(index).clone(), ranges }
    }

    /// A claim brought these tasks. Sorts them as they are to run.
    pub fn claimed(&mut self, now: Duration, asked: &Asked, tasks: &mut [Claimed]) {
        let Wanted { index, request } = asked.wanted;
        sort(tasks, request.upwards);
        self.weights.claimed(index, now, request, tasks);
    }

    /// Takes out the suspects of a crash. They run later, each by itself.
    pub fn set_suspects_aside(&mut self, now: Duration, asked: &Asked, tasks: &mut Vec<Claimed>) {
        self.suspects.pick(now, &asked.task_type, tasks);
    }

    /// A claim had no answer, or a bad one.
    pub fn gave_up(&mut self, now: Duration, asked: &Asked) {
        self.weights.gave_up(asked.wanted.index, now, asked.wanted.request);
    }

    /// Tasks have come back to places that claims may have passed by.
    pub fn came_back(&mut self) {
        self.weights.came_back();
    }

    /// The store may take more to be in flight here than is.
    pub fn doubt(&mut self, now: Duration) {
        self.reconcile.arise(now);
    }

    /// Whether to give back now what the store takes to be in flight here and is not.
    pub fn is_in_doubt(&self, now: Duration) -> bool {
        self.reconcile.is_due(now)
    }

    /// That was done.
    pub fn settled(&mut self, now: Duration) {
        self.reconcile.settled(now);
    }

    /// There are tasks of the type with this number.
    pub fn woken(&mut self, index: usize, now: Duration, notice: Notice) {
        self.weights.woken(index, now, notice);
    }

    /// The store has failed, and would now for any claim. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64) {
        self.weights.failed(now, jitter);
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
    use crate::state::example;
    use fang_core::Mode;
    use fang_core::sleep_params::SleepParams;

    const NOW: Duration = Duration::from_secs(1);
    const IDLE: Seen =
        Seen { load: Load::NONE, workers: 2, came_back: false, may_be_forgotten: false, is_on_trial: false };
    static GATE: TrialGate = TrialGate::new();
    const WORKER: WorkerId = WorkerId(7);

    fn policy() -> ClaimPolicy {
        let shares = [Share { task_type: "mail".into(), weight: 1 }];
        let weights = Weights::new(Mode::Asynk, &shares, 2, &SleepParams::default());
        ClaimPolicy::new(weights, Suspects::new(3, &GATE))
    }

    fn asked(policy: &mut ClaimPolicy) -> Asked {
        match policy.next(NOW, &IDLE) {
            Act::Claim(wanted) => policy.ask(wanted, WORKER),
            act => panic!("{act:?}"),
        }
    }

    fn tasks(count: u128) -> Vec<Claimed> {
        (1..=count).map(|id| Claimed { id: Uuid::from_u128(id), ..example() }).collect()
    }

    #[test]
    fn there_is_more_once_a_claim_was_full() {
        let mut policy = policy();
        let asked = asked(&mut policy);
        assert!(!policy.has_more(asked.wanted, NOW), "nobody knows of more");
        policy.claimed(NOW, &asked, &mut tasks(2));
        assert!(policy.has_more(asked.wanted, NOW));
    }

    #[test]
    fn a_suspect_of_a_crash_is_run_by_itself() {
        let mut policy = policy();
        let asked = asked(&mut policy);
        let mut tasks = tasks(2);
        tasks[0].crashes = 2;
        policy.claimed(NOW, &asked, &mut tasks);
        policy.set_suspects_aside(NOW, &asked, &mut tasks);
        assert_eq!(tasks.iter().map(|task| task.id.as_u128()).collect::<Vec<_>>(), [2]);
        let busy = Seen { load: Load { in_flight: 1, ..Load::NONE }, ..IDLE };
        assert!(matches!(policy.next(NOW, &busy), Act::Sleep { until_in_flight: Some(0), .. }));
        assert!(matches!(policy.next(NOW, &IDLE), Act::Try { task, .. } if task.id.as_u128() == 1));
        assert_eq!(policy.on_trial(), Some((Uuid::from_u128(1), 1)));
    }

    #[test]
    fn it_is_in_doubt_what_a_server_that_may_have_crashed_remembers() {
        let mut policy = policy();
        assert!(matches!(policy.next(NOW, &Seen { may_be_forgotten: true, ..IDLE }), Act::Claim(_)));
        assert!(policy.is_in_doubt(NOW));
        policy.settled(NOW);
        assert!(matches!(policy.next(NOW, &IDLE), Act::Claim(_)));
        assert!(!policy.is_in_doubt(NOW), "it is asked now and then, and not each time");
    }

    #[test]
    fn after_a_failure_it_pauses() {
        let mut policy = policy();
        policy.failed(NOW, 0.5);
        assert!(matches!(policy.next(NOW, &IDLE), Act::Sleep { at_most: Some(_), .. }));
    }
}
