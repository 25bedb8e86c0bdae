use crate::outcome::{Outcome, Ran};
use fang_engine::parts::drain;
use std::collections::BTreeMap;

/// What a [`drain`](crate::drain) did: how many runs ended in which way.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Drained {
    /// The tasks that succeeded.
    pub finished: usize,
    /// The runs that failed or timed out, and whose tasks will run again.
    pub retried: usize,
    /// The tasks that failed or timed out for good.
    pub failed: usize,
    /// The runs that exceeded their timeout. They are counted as `retried` or `failed` as well.
    pub timed_out: usize,
    /// The runs that asked to run again later.
    pub snoozed: usize,
    /// The tasks that were cancelled.
    pub cancelled: usize,
    /// The tasks that had expired and did not run.
    pub expired: usize,
    /// The tasks that did not run because this program does not know them.
    pub unknown: usize,
    /// The runs whose results were dropped, since their rows were removed meanwhile.
    pub dropped: usize,
    /// How many old rows were removed at the end: ended tasks whose `keep` or `prune_after` is over, and ended periods
    /// of unique tasks.
    pub pruned: u64,
    /// All runs, in their order.
    pub runs: Vec<Ran>,
}

impl Drained {
    fn new(runs: Vec<Ran>, pruned: u64) -> Self {
        let mut all = Self { pruned, ..Self::default() };
        runs.iter().for_each(|ran| all.count(&ran.outcome));
        Self { runs, ..all }
    }

    fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Finished => &mut self.finished,
            Outcome::Failed { retry_after, .. } | Outcome::TimedOut { retry_after, .. } => {
                self.timed_out += usize::from(matches!(outcome, Outcome::TimedOut { .. }));
                if retry_after.is_some() { &mut self.retried } else { &mut self.failed }
            }
            Outcome::Snoozed { .. } => &mut self.snoozed,
            Outcome::Cancelled { .. } => &mut self.cancelled,
            Outcome::Expired { .. } => &mut self.expired,
            Outcome::Unknown { .. } => &mut self.unknown,
            Outcome::Dropped => &mut self.dropped,
        };
        *counter += 1;
    }

    /// The same for the runs of one kind.
    #[must_use]
    pub fn of(&self, kind: &str) -> Self {
        Self::new(self.runs.iter().filter(|ran| ran.kind == kind).cloned().collect(), 0)
    }

    /// The same for the runs of each kind, by the names of the kinds.
    pub fn by_kind(&self) -> BTreeMap<String, Self> {
        self.runs.iter().map(|ran| (ran.kind.clone(), self.of(&ran.kind))).collect()
    }

    /// The errors of the runs that did not succeed, in their order.
    pub fn errors(&self) -> Vec<&str> {
        self.runs.iter().filter_map(|ran| ran.outcome.error()).collect()
    }
}

impl From<drain::Drained> for Drained {
    fn from(drained: drain::Drained) -> Self {
        Self::new(drained.runs.into_iter().map(Ran::from).collect(), drained.pruned)
    }
}
