use super::wanted::Wanted;
use crate::store::Change;
use crate::task::FangTaskState::{self, Failed, InProgress};

/// A change, and its words.
#[derive(Clone, Copy, Debug)]
pub struct Steer {
    /// The change.
    pub change: Change,
    /// The verb.
    pub verb: &'static str,
    /// What the tasks are afterwards.
    pub done: &'static str,
    /// Which tasks can be changed so.
    pub rule: &'static str,
    /// The states that are meant by a filter without one.
    states: &'static [Wanted],
}

impl Steer {
    /// The words for a change.
    pub fn new(change: Change) -> Self {
        const WAITING: &[Wanted] = &[Wanted::Waiting];
        let (verb, done, rule, states) = match change {
            Change::Retry => (
                "retry",
                "retried",
                "only a task that failed or waits can be retried, and not while a duplicate of it waits or runs",
                &[Wanted::State(Failed)][..],
            ),
            Change::Cancel => (
                "cancel",
                "cancelled",
                "only a task that waits or runs can be cancelled",
                &[Wanted::Waiting, Wanted::State(InProgress)][..],
            ),
            Change::Remove => {
                ("remove", "removed", "only a task that exists can be removed", &[Wanted::Any][..])
            }
            Change::Reschedule(_) => {
                ("reschedule", "rescheduled", "only a task that waits can be rescheduled", WAITING)
            }
            Change::Priority(_) => {
                ("priority", "prioritized", "only a task that waits can get another priority", WAITING)
            }
        };
        Self { change, verb, done, rule, states }
    }

    /// The states to walk through, one after the other, for a filter with this state: a filter has one, or all that
    /// wait. `None` if no task in that state can be changed so.
    pub fn states(&self, wanted: Option<Wanted>) -> Option<Vec<Wanted>> {
        let Some(wanted) = wanted else { return Some(self.states.to_vec()) };
        let fits = |state: &FangTaskState| wanted.has(*state) && self.change.fits(*state);
        FangTaskState::ALL.iter().any(fits).then(|| vec![wanted])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_a_state_means_the_tasks_that_a_change_is_for() {
        let states = |change, wanted| Steer::new(change).states(wanted);
        assert_eq!(states(Change::Retry, None), Some(vec![Wanted::State(Failed)]));
        assert_eq!(states(Change::Retry, Some(Wanted::Waiting)), Some(vec![Wanted::Waiting]));
        assert_eq!(states(Change::Retry, Some(Wanted::State(InProgress))), None);
        assert_eq!(states(Change::Cancel, Some(Wanted::Any)), Some(vec![Wanted::Any]));
    }
}
