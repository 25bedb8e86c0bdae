//! Counters of what happened in a pool.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a pool has done since it started. `stats()` of the pool returns it. Most fields count an [event](super::Event), whether
/// there are listeners or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// How many new tasks its queue and the clones of it have inserted, in this process. Those of crons count as
    /// [`crons_fired`](Self::crons_fired), and those in a transaction of the application are not counted.
    pub inserted: u64,
    /// How many tasks it has claimed.
    pub claimed: u64,
    /// How many runs have begun.
    pub started: u64,
    /// How many tasks have succeeded. This and the next ones are counted when a run ends, shortly before its result is
    /// saved.
    pub finished: u64,
    /// How many runs have failed and are retried.
    pub retried: u64,
    /// How many tasks have failed for good.
    pub failed: u64,
    /// How many runs have asked to run again later.
    pub snoozed: u64,
    /// How many claimed tasks were cancelled.
    pub cancelled: u64,
    /// How many runs took longer than their timeout. Async ones are dropped, and count as retried or failed too.
    pub timed_out: u64,
    /// How many tasks were not begun by the time at which they expire, and did not run.
    pub expired: u64,
    /// How often a task was left to other programs, because the pool could not run its kind.
    pub unknown_kind: u64,
    /// How many tasks it gave back when it stopped or became quiet.
    pub handed_back: u64,
    /// How many tasks it took from workers that died.
    pub rescued: u64,
    /// How many other workers it has declared dead.
    pub workers_died: u64,
    /// How often the store stopped answering it.
    pub connections_lost: u64,
    /// How often the store answered again after that.
    pub connections_back: u64,
    /// How many tasks of crons it has inserted, late ones included.
    pub crons_fired: u64,
    /// How often it found that ticks of a cron were missed, because no pool ran then.
    pub crons_missed: u64,
    /// How many results came too late and were dropped.
    pub late_results: u64,
    /// How many tasks are in flight now: they run, wait for a worker, or their results are being saved.
    pub in_flight: u64,
    /// How many events were dropped: because listeners were too slow, or because another result of the same batch came
    /// too late, and the store does not say which one.
    pub dropped_events: u64,
}

macro_rules! totals {
    ($($field:ident),+) => {
        /// The counters behind [`PoolStats`]. Workers, the claimer and the heart write.
        #[derive(Debug, Default)]
        pub(crate) struct Totals {
            $(pub(crate) $field: AtomicU64,)+
        }

        impl Totals {
            /// The counters now. The other fields are zero.
            pub(crate) fn now(&self) -> PoolStats {
                PoolStats { $($field: self.$field.load(Ordering::Relaxed),)+ ..PoolStats::default() }
            }
        }
    };
}

totals!(
    claimed,
    started,
    finished,
    retried,
    failed,
    snoozed,
    cancelled,
    timed_out,
    expired,
    unknown_kind,
    rescued,
    workers_died,
    connections_lost,
    connections_back,
    crons_fired,
    crons_missed
);
