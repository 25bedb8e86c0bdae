//! The decisions of a heart after each beat.

use crate::settings::Lease;
use fang_core::store::Beat;
use std::time::Duration;

/// Tasks are rescued when another worker is suspected dead, and besides that once in this many beats: for tasks
/// whose worker is gone from the table, and tasks that a stopped pool left behind.
const RESCUE_EVERY: u64 = 6;

/// The decisions of one heart.
#[derive(Debug)]
pub struct BeatPolicy {
    lease: Lease,
    is_failing: bool,
    beats: u64,
}

/// The duties after a beat that got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Duty {
    /// Log that the database answers again.
    pub tell: bool,
    /// Register under a new worker id: this one was declared dead.
    pub register: bool,
    /// Declare silent workers dead and rescue their tasks.
    pub rescue: bool,
    /// Do so once more after this time, if no beat gets through before.
    pub rescue_after: Option<Duration>,
}

impl BeatPolicy {
    /// The policy of a pool that has just registered.
    pub fn new(lease: Lease) -> Self {
        Self { lease, is_failing: false, beats: 0 }
    }

    /// Tells that a beat got through, and how long it took.
    ///
    /// The pool declares others dead only while beats of any pool have come through for a whole lease: else an
    /// outage would make all tasks run again. It does not do so after it was held up itself, since it cannot tell
    /// which silence began first.
    pub fn got_through(&mut self, beat: Beat, took: Duration) -> Duty {
        let tell = std::mem::take(&mut self.is_failing);
        self.beats += 1;
        let is_due = beat.has_suspects || self.beats.is_multiple_of(RESCUE_EVERY);
        let was_held_up = beat.silent_for.max(took) > self.lease.dead_after / 2;
        let is_well = beat.well_for >= self.lease.dead_after && !was_held_up;
        let rescue_after = beat.suspect_after.filter(|_| is_well);
        Duty { tell, register: !beat.is_alive, rescue: is_due && is_well, rescue_after }
    }

    /// Whether the last beat failed.
    pub fn is_failing(&self) -> bool {
        self.is_failing
    }

    /// Tells that a beat failed. Returns whether to log that: it is the first failure in a row.
    pub fn failed(&mut self) -> bool {
        !std::mem::replace(&mut self.is_failing, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUSPECT: Beat = Beat {
        is_alive: true,
        has_suspects: true,
        silent_for: Duration::from_secs(5),
        well_for: Duration::from_secs(30),
        has_cancellations: false,
        suspect_after: None,
    };
    const QUICK: Duration = Duration::from_millis(1);

    #[test]
    fn others_are_declared_dead_only_once_beats_have_come_for_a_lease() {
        let mut policy = BeatPolicy::new(Lease::default());
        let rescues = [0, 29, 30, 99].map(|seconds| {
            let beat = Beat { well_for: Duration::from_secs(seconds), ..SUSPECT };
            policy.got_through(beat, QUICK).rescue
        });
        assert_eq!(rescues, [false, false, true, true]);
    }

    #[test]
    fn a_pool_that_was_held_up_declares_no_worker_dead() {
        let late = Duration::from_secs(16);
        let mut policy = BeatPolicy::new(Lease::default());
        assert!(!policy.got_through(Beat { silent_for: late, ..SUSPECT }, QUICK).rescue);
        assert!(!policy.got_through(SUSPECT, late).rescue);
        assert!(policy.got_through(SUSPECT, QUICK).rescue);
    }

    #[test]
    fn a_worker_that_is_silent_for_now_is_looked_at_again_unless_there_was_an_outage() {
        let soon = Some(Duration::from_secs(3));
        let mut policy = BeatPolicy::new(Lease::default());
        let mut after = |well_for| {
            let beat = Beat { has_suspects: false, suspect_after: soon, well_for, ..SUSPECT };
            policy.got_through(beat, QUICK).rescue_after
        };
        assert_eq!([29, 30].map(|seconds| after(Duration::from_secs(seconds))), [None, soon]);
    }

    #[test]
    fn a_failure_and_its_end_are_told_once_each() {
        let mut policy = BeatPolicy::new(Lease::default());
        assert_eq!([policy.failed(), policy.failed()], [true, false]);
        let tells = [0, 1].map(|_| policy.got_through(SUSPECT, QUICK).tell);
        assert_eq!(tells, [true, false]);
    }

    #[test]
    fn without_a_suspect_it_rescues_now_and_then() {
        let calm = Beat { has_suspects: false, ..SUSPECT };
        let mut policy = BeatPolicy::new(Lease::default());
        let rescues: Vec<u64> = (1..=18).filter(|_| policy.got_through(calm, QUICK).rescue).collect();
        assert_eq!(rescues, [6, 12, 18]);
    }

    #[test]
    fn a_pool_that_was_declared_dead_registers_again() {
        let mut policy = BeatPolicy::new(Lease::default());
        assert!(policy.got_through(Beat { is_alive: false, ..SUSPECT }, QUICK).register);
    }
}
