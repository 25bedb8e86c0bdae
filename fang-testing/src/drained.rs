use crate::outcome::{Outcome, Ran};
use fang_core::Mode;
use fang_engine::parts::drain::{self, Left};
use std::collections::BTreeMap;
use std::fmt;

/// So many names of task types are shown.
const SHOWN_TYPES: usize = 5;

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
    /// The runs that exceeded their timeout. Each is also counted by how it ended: as `retried` or `failed`, or as
    /// `finished` if it is a blocking run that succeeded all the same.
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
    /// The due tasks that are left because they are for the other mode. A drain of a queue of that mode runs them.
    pub of_other_mode: usize,
    /// The due tasks of this mode that are left because their task types are paused.
    pub of_paused_types: usize,
    /// The due tasks of this mode that are left because [`task_types`](crate::Drain::task_types) does not name their types.
    pub of_other_types: usize,
    /// All runs, in their order.
    pub runs: Vec<Ran>,
    /// What the text says of the tasks that are left.
    left: String,
}

impl Drained {
    pub(crate) fn new(drained: drain::Drained, mode: Mode) -> Self {
        let drain::Drained { runs, pruned, left } = drained;
        Self {
            pruned,
            of_other_mode: left.of_other_mode,
            of_paused_types: left.of_paused_types.values().sum(),
            of_other_types: left.of_other_types.values().sum(),
            left: describe(&left, mode),
            ..Self::of_runs(runs.into_iter().map(Ran::from).collect())
        }
    }

    fn of_runs(runs: Vec<Ran>) -> Self {
        let mut all = Self::default();
        runs.iter().for_each(|ran| all.count(ran));
        Self { runs, ..all }
    }

    fn count(&mut self, ran: &Ran) {
        self.timed_out += usize::from(ran.timed_out);
        let counter = match &ran.outcome {
            Outcome::Finished => &mut self.finished,
            Outcome::Failed { retry_after, .. } | Outcome::TimedOut { retry_after, .. } => {
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

    /// The same for the runs of one kind. Rows that were removed and tasks that are left are not counted in it.
    #[must_use]
    pub fn of(&self, kind: &str) -> Self {
        Self::of_runs(self.runs.iter().filter(|ran| ran.kind == kind).cloned().collect())
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

/// Says of which tasks the drain has run none, and what runs them.
fn describe(left: &Left, mode: Mode) -> String {
    let mut text = String::new();
    if left.of_other_mode > 0 {
        let drain = match mode {
            Mode::Blocking => "`drain(&queue).await` with a queue of the async mode",
            _ => "`drain(&queue).run()` with a queue of the blocking mode",
        };
        text += &format!("; {} due for the other mode: {drain} runs them", left.of_other_mode);
    }
    let of_types = [
        (&left.of_paused_types, "of paused task types", "resume"),
        (&left.of_other_types, "of task types that `task_types` does not name", "name"),
    ];
    for (types, which, verb) in of_types.into_iter().filter(|(types, ..)| !types.is_empty()) {
        let names: Vec<_> = types.keys().take(SHOWN_TYPES).map(|name| format!("{name:?}")).collect();
        let more = if types.len() > SHOWN_TYPES { ", .." } else { "" };
        let due: usize = types.values().sum();
        text += &format!("; {due} due {which}: {verb} {}{more}", names.join(", "));
    }
    text
}

/// One line: the ways in which runs ended, and what is left of the due tasks and what runs these.
impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.finished, "finished"),
            (self.retried, "retried"),
            (self.failed, "failed"),
            (self.timed_out, "timed out"),
            (self.snoozed, "snoozed"),
            (self.cancelled, "cancelled"),
            (self.expired, "expired"),
            (self.unknown, "unknown"),
            (self.dropped, "dropped"),
        ];
        let counts: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).collect();
        if counts.is_empty() {
            f.write_str("no runs")?;
        }
        for (place, (count, what)) in counts.into_iter().enumerate() {
            write!(f, "{}{count} {what}", if place > 0 { ", " } else { "" })?;
        }
        f.write_str(&self.left)
    }
}
