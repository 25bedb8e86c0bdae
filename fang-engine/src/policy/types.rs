//! The task types of a claimer: a few, each with its own polls, or many, with looks for those that have tasks.

use crate::policy::many_types::ManyTypes;
use crate::policy::pace::Request;
use crate::policy::served::Served;
use crate::policy::weights::Weights;
use crate::state::load::Load;
use fang_core::notify::Notice;
use fang_core::scan::ScanRanges;
use fang_core::sleep_params::SleepParams;
use fang_core::store::{Claimed, Feature, Offers, ReadyLook, ReadyTypes};
use fang_core::task::Mode;
use std::sync::Arc;
use std::time::Duration;

/// The task types of a claimer.
#[derive(Debug)]
pub enum Types {
    /// Each is polled by itself.
    Few(Weights),
    /// A look finds those that have tasks, and the others cost nothing.
    Many(Box<ManyTypes>),
}

/// The next step of a claimer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Claim, then report with [`Types::claimed`], or with [`Types::gave_up`] and [`Types::failed`].
    Claim {
        /// The index of the task type.
        index: usize,
        /// What to claim.
        request: Request,
    },
    /// Look which task types have tasks, then report with [`Types::looked`], or with [`Types::failed`].
    Look(ReadyLook),
    /// Sleep, as in [`Step::Sleep`](crate::policy::pace::Step::Sleep).
    Sleep {
        /// The longest sleep.
        at_most: Option<Duration>,
        /// Ends the sleep once no more than this many tasks are in flight.
        until_in_flight: Option<usize>,
    },
}

/// Calls the method of the variant.
macro_rules! either {
    ($types:ident . $($call:tt)+) => {
        match $types {
            Self::Few(few) => few.$($call)+,
            Self::Many(many) => many.$($call)+,
        }
    };
}

impl Types {
    /// Those of a pool that starts. A store of the application may not offer looks: then each type is polled, however
    /// many there are.
    pub fn new(mode: Mode, served: &Served, offers: Offers, workers: usize, sleep: &SleepParams) -> Self {
        match served.are_many() && offers.has(Feature::ReadyTypes) {
            true => Self::Many(Box::new(ManyTypes::new(mode, served.clone(), workers, sleep))),
            false => Self::Few(Weights::new(mode, served.shares(), workers, sleep)),
        }
    }

    /// The next step, with this many workers.
    pub fn next(&mut self, now: Duration, load: Load, workers: usize) -> Next {
        either!(self.next(now, load, workers))
    }

    /// Whether the next claim of this type is likely to bring many tasks.
    pub fn expects_many(&self, index: usize, now: Duration) -> bool {
        either!(self.expects_many(index, now))
    }

    /// The name of a task type.
    pub fn task_type(&self, index: usize) -> &Arc<str> {
        either!(self.task_type(index))
    }

    /// The scan ranges of a task type.
    pub fn ranges(&self, index: usize) -> &ScanRanges {
        either!(self.ranges(index))
    }

    /// Tells which tasks a claim returned, and in how long the next one becomes due, if it told.
    pub fn claimed(
        &mut self,
        index: usize,
        now: Duration,
        request: Request,
        tasks: &[Claimed],
        next_in: Option<Duration>,
    ) {
        either!(self.claimed(index, now, request, tasks, next_in));
    }

    /// Tells that the claim that was just [told](Self::claimed) was a lock-claim.
    pub fn locked(&mut self, index: usize, now: Duration) {
        either!(self.locked(index, now));
    }

    /// Tells that a claim of this type failed.
    pub fn gave_up(&mut self, index: usize, now: Duration, request: Request) {
        either!(self.gave_up(index, now, request));
    }

    /// Tells that a look failed that was sent then.
    pub fn look_failed(&mut self, now: Duration, sent_at: Duration) {
        if let Self::Many(many) = self {
            many.look_failed(now, sent_at);
        }
    }

    /// Tells the answer to a look that was sent then.
    pub fn looked(&mut self, now: Duration, sent_at: Duration, ready: &ReadyTypes) {
        if let Self::Many(many) = self {
            many.looked(now, sent_at, ready);
        }
    }

    /// Tells that tasks of any type came back to places before the scan floor.
    pub fn came_back(&mut self) {
        either!(self.came_back());
    }

    /// Tells that there are tasks of this type.
    pub fn woken(&mut self, task_type: &str, now: Duration, notice: Notice) {
        either!(self.woken(task_type, now, notice));
    }

    /// Tells that there may be tasks of any type.
    pub fn all_woken(&mut self, now: Duration) {
        either!(self.all_woken(now));
    }

    /// Tells that a task of this type becomes due then.
    pub fn due_at(&mut self, task_type: &str, at: Duration) {
        either!(self.due_at(task_type, at));
    }

    /// Tells that a claim or a look failed, as any other would now. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64, answers: Option<u64>) {
        either!(self.failed(now, jitter, answers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pools_of_many_types_over_a_store_that_can_look_do_so() {
        let looks = |types: usize, offers| {
            let listed: Vec<_> = (0..types).map(|n| (n.to_string(), 1)).collect();
            let served = Served::new(&listed, "", false);
            let mut types = Types::new(Mode::Asynk, &served, offers, 1, &SleepParams::default());
            matches!(types.next(Duration::ZERO, Load::default(), 1), Next::Look(_))
        };
        assert_eq!([5, 6].map(|types| looks(types, Offers::all())), [false, true]);
        assert!(!looks(10_000, Offers::none()));
    }
}
