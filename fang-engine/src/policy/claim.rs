//! The decisions of a claimer: its next step, and the consequences of each answer. It does everything but wait.

use crate::policy::pace::Request;
use crate::policy::reconcile::Reconcile;
use crate::policy::suspects::{SuspectStep, Suspects};
use crate::policy::types::{Next, Types};
use crate::state::load::Load;
use fang_core::notify::Notice;
use fang_core::scan::{Start, sort};
use fang_core::store::{Claim, Claimed, ReadyLook, ReadyTypes, ScanRange, WorkerId};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The decisions of one pool's claimer. All instants count from the same fixed one.
#[derive(Debug)]
pub struct ClaimPolicy {
    types: Types,
    suspects: Suspects,
    reconcile: Reconcile,
}

/// The state of a pool that a claimer looks at before it decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// The load of the pool.
    pub load: Load,
    /// How many workers the pool is to have.
    pub workers: usize,
    /// Whether tasks came back to places before the scan floor.
    pub came_back: bool,
    /// Whether the server may have crashed and forgotten results.
    pub must_reconcile: bool,
    /// Whether the suspect [on trial](ClaimPolicy::on_trial) is still in flight.
    pub is_on_trial: bool,
}

/// The next step of a claimer.
#[derive(Debug)]
pub enum Act {
    /// Claim.
    Claim(Wanted),
    /// Look which task types have tasks.
    Look(ReadyLook),
    /// Mark this task in the store as the one that may have crashed its process, then run it.
    Try {
        /// The suspect.
        task: Claimed,
        /// Its task type.
        task_type: Arc<str>,
    },
    /// Sleep until the time is over, a notification comes, or few enough tasks are in flight.
    Sleep {
        /// The longest sleep.
        at_most: Option<Duration>,
        /// Ends the sleep once no more than this many tasks are in flight.
        until_in_flight: Option<usize>,
    },
}

/// A claim to make: of which task type, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    index: usize,
    request: Request,
}

impl Wanted {
    /// The same claim from the beginning of each scan range, where lock-claims left tasks that need a written claim.
    #[must_use]
    pub fn from_the_beginning(self) -> Self {
        Self { request: Request { start: Start::Beginning, ..self.request }, ..self }
    }
}

/// A claim on its way to the store.
#[derive(Debug)]
pub struct Asked {
    wanted: Wanted,
    /// The worker that claims.
    pub worker: WorkerId,
    /// The task type to claim.
    pub task_type: Arc<str>,
    ranges: Vec<ScanRange>,
}

impl Asked {
    /// The claim, as the store takes it.
    pub fn claim(&self) -> Claim<'_> {
        let Request { limit, crowded, within, .. } = self.wanted.request;
        Claim { crowded, within, ..Claim::new(self.worker, &self.task_type, limit, &self.ranges) }
    }
}

impl ClaimPolicy {
    /// The policy of a pool that starts.
    pub fn new(types: Types, suspects: Suspects) -> Self {
        Self { types, suspects, reconcile: Reconcile::default() }
    }

    /// The next step.
    pub fn next(&mut self, now: Duration, seen: &Seen) -> Act {
        if seen.came_back {
            self.came_back();
        }
        if seen.must_reconcile {
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
        match self.types.next(now, seen.load, seen.workers) {
            Next::Claim { index, request } => Act::Claim(Wanted { index, request }),
            Next::Look(look) => Act::Look(look),
            Next::Sleep { at_most, until_in_flight } => {
                Act::Sleep { at_most: at_most.into_iter().chain(look_after).min(), until_in_flight }
            }
        }
    }

    /// The suspect that runs now, by task and lease.
    pub fn on_trial(&self) -> Option<(Uuid, i32)> {
        self.suspects.on_trial()
    }

    /// Whether this claim is likely to bring many tasks.
    pub fn expects_many(&self, wanted: Wanted, now: Duration) -> bool {
        self.types.expects_many(wanted.index, now)
    }

    /// Makes a claim of this worker.
    pub fn ask(&self, wanted: Wanted, worker: WorkerId) -> Asked {
        let Wanted { index, request } = wanted;
        let ranges = self.types.ranges(index).in_order(request.upwards, request.start);
        Asked { wanted, worker, task_type: self.types.task_type(index).clone(), ranges }
    }

    /// Takes note of the tasks that a claim returned, and sorts them in the order in which to run them. `next_in` is the
    /// time until the next task becomes due, if the claim told.
    pub fn claimed(
        &mut self,
        now: Duration,
        asked: &Asked,
        tasks: &mut [Claimed],
        next_in: Option<Duration>,
    ) {
        let Wanted { index, request } = asked.wanted;
        sort(tasks, request.upwards);
        self.types.claimed(index, now, request, tasks, next_in);
    }

    /// Tells that this claim was a lock-claim. Call it after [`claimed`](Self::claimed).
    pub fn locked(&mut self, now: Duration, asked: &Asked) {
        self.types.locked(asked.wanted.index, now);
    }

    /// Takes out tasks that may have crashed their process. They run later, one at a time.
    pub fn set_suspects_aside(&mut self, now: Duration, asked: &Asked, tasks: &mut Vec<Claimed>) {
        self.suspects.pick(now, &asked.task_type, tasks);
    }

    /// Tells that a claim failed or had no answer.
    pub fn gave_up(&mut self, now: Duration, asked: &Asked) {
        self.types.gave_up(asked.wanted.index, now, asked.wanted.request);
    }

    /// Tells that tasks came back to places before the scan floor.
    pub fn came_back(&mut self) {
        self.types.came_back();
    }

    /// Tells that the store may have claims for this pool that the pool does not know of.
    pub fn doubt(&mut self, now: Duration) {
        self.reconcile.arise(now);
    }

    /// Whether to reconcile now: give back the claims that the pool does not know of.
    pub fn is_in_doubt(&self, now: Duration) -> bool {
        self.reconcile.is_due(now)
    }

    /// Tells that claims were reconciled.
    pub fn reconciled(&mut self, now: Duration) {
        self.reconcile.asked(now);
    }

    /// Tells that a look failed that was sent then.
    pub fn look_failed(&mut self, now: Duration, sent_at: Duration) {
        self.types.look_failed(now, sent_at);
    }

    /// Tells the answer to a look that was sent then.
    pub fn looked(&mut self, now: Duration, sent_at: Duration, ready: &ReadyTypes) {
        self.types.looked(now, sent_at, ready);
    }

    /// Tells that there are tasks of this type.
    pub fn woken(&mut self, task_type: &str, now: Duration, notice: Notice) {
        self.types.woken(task_type, now, notice);
    }

    /// Tells that there may be tasks of any type.
    pub fn all_woken(&mut self, now: Duration) {
        self.types.all_woken(now);
    }

    /// Tells that a task of this type becomes due then.
    pub fn due_at(&mut self, task_type: &str, at: Duration) {
        self.types.due_at(task_type, at);
    }

    /// Tells that the store failed, as it would for any claim now. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64, answers: Option<u64>) {
        self.types.failed(now, jitter, answers);
    }

    /// Takes all suspects that have not run.
    pub fn take_suspects(&mut self) -> impl Iterator<Item = (Claimed, Arc<str>)> + use<> {
        self.suspects.take_all().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::served::Share;
    use crate::policy::suspects::TrialGate;
    use crate::policy::weights::Weights;
    use crate::state::example;
    use fang_core::Mode;
    use fang_core::sleep_params::SleepParams;

    const NOW: Duration = Duration::from_secs(1);
    const IDLE: Seen =
        Seen { load: Load::NONE, workers: 2, came_back: false, must_reconcile: false, is_on_trial: false };
    static GATE: TrialGate = TrialGate::new();
    const WORKER: WorkerId = WorkerId(7);

    fn policy() -> ClaimPolicy {
        let shares = [Share { task_type: "mail".into(), weight: 1 }];
        let weights = Weights::new(Mode::Asynk, &shares, 2, &SleepParams::default());
        ClaimPolicy::new(Types::Few(weights), Suspects::new(3, &GATE))
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
    fn many_tasks_are_expected_after_a_claim_that_was_full() {
        let mut policy = policy();
        let asked = asked(&mut policy);
        assert!(!policy.expects_many(asked.wanted, NOW), "no claim was full yet");
        policy.claimed(NOW, &asked, &mut tasks(2), None);
        assert!(policy.expects_many(asked.wanted, NOW));
    }

    #[test]
    fn a_suspect_of_a_crash_is_run_by_itself() {
        let mut policy = policy();
        let asked = asked(&mut policy);
        let mut tasks = tasks(2);
        tasks[0].crashes = 2;
        policy.claimed(NOW, &asked, &mut tasks, None);
        policy.set_suspects_aside(NOW, &asked, &mut tasks);
        assert_eq!(tasks.iter().map(|task| task.id.as_u128()).collect::<Vec<_>>(), [2]);
        let busy = Seen { load: Load { in_flight: 1, ..Load::NONE }, ..IDLE };
        assert!(matches!(policy.next(NOW, &busy), Act::Sleep { until_in_flight: Some(0), .. }));
        assert!(matches!(policy.next(NOW, &IDLE), Act::Try { task, .. } if task.id.as_u128() == 1));
        assert_eq!(policy.on_trial(), Some((Uuid::from_u128(1), 1)));
    }

    #[test]
    fn claims_are_reconciled_when_the_server_may_have_crashed() {
        let mut policy = policy();
        assert!(matches!(policy.next(NOW, &Seen { must_reconcile: true, ..IDLE }), Act::Claim(_)));
        assert!(policy.is_in_doubt(NOW));
        policy.reconciled(NOW);
        assert!(matches!(policy.next(NOW, &IDLE), Act::Claim(_)));
        assert!(!policy.is_in_doubt(NOW), "claims are reconciled now and then, not each time");
    }

    #[test]
    fn after_a_failure_it_pauses() {
        let mut policy = policy();
        policy.failed(NOW, 0.5, None);
        assert!(matches!(policy.next(NOW, &IDLE), Act::Sleep { at_most: Some(_), .. }));
    }
}
