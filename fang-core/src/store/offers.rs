use crate::error::StoreError;
use crate::new_task::NewTask;
use std::fmt;

/// An optional feature of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Crons: `sync_cron`, `rename_cron`, `crons`, `fire`, `list_crons`, `pause_cron`, `run_cron`, `remove_crons`.
    Crons,
    /// `count` and `depths`.
    Counts,
    /// [`Change::Retry`](super::Change::Retry) of a task.
    Retries,
    /// [`Change::Reschedule`](super::Change::Reschedule) and [`Change::Priority`](super::Change::Priority) of a task.
    Reschedules,
    /// [`Change::Cancel`](super::Change::Cancel) of a task, and `cancellations`.
    Cancellations,
    /// `pause`.
    Pauses,
    /// `suspect`: if a process dies, only the task that is suspected to have killed it can reach
    /// `max_crashes` and fail. Without this feature, each of its tasks can.
    Suspects,
    /// `lock_claims`: claims by row locks alone, for many short tasks.
    Locks,
    /// Tasks that are [unique within a period](crate::Unique::within).
    Periods,
    /// Tasks that are [unique until they are started](crate::Unique::until_started).
    UntilStarted,
    /// Inserts that [replace](crate::Unique::replace) parts of a waiting duplicate.
    Replacing,
    /// `unserved`: pools log a task type whose tasks wait while no pool serves it.
    Unserved,
    /// `change_many`: all tasks that match a filter are changed.
    Changes,
    /// `running`: the tasks in progress with their workers.
    Running,
    /// `errors`: the errors of failed tasks in groups.
    Errors,
    /// `turn`: tests let time pass without waiting.
    Turns,
    /// The reports of `heartbeat` and `retire`, and `gather`, `workers`, `minutes`, `paused_types` and `ask_worker`: pools
    /// tell what they do, and tools read that and steer them.
    Reports,
    /// `ready_types`: a pool may serve all task types, and looks at many of them with one call.
    ReadyTypes,
}

impl Feature {
    /// All features.
    pub const ALL: [Self; 18] = [
        Self::Crons,
        Self::Counts,
        Self::Retries,
        Self::Reschedules,
        Self::Cancellations,
        Self::Pauses,
        Self::Suspects,
        Self::Locks,
        Self::Periods,
        Self::UntilStarted,
        Self::Replacing,
        Self::Unserved,
        Self::Changes,
        Self::Running,
        Self::Errors,
        Self::Turns,
        Self::Reports,
        Self::ReadyTypes,
    ];

    fn bit(self) -> u32 {
        1 << self as u16
    }
}

/// The features that a store offers.
///
/// ```
/// use fang_core::store::{Feature, Offers};
/// let offers = Offers::none().with(Feature::Pauses);
/// assert!(offers.has(Feature::Pauses) && !offers.has(Feature::Crons));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Offers(u32);

impl Offers {
    /// No features, only the required verbs.
    pub const fn none() -> Self {
        Self(0)
    }

    /// All features.
    pub fn all() -> Self {
        Feature::ALL.into_iter().fold(Self::none(), Self::with)
    }

    /// Adds a feature.
    #[must_use]
    pub fn with(self, feature: Feature) -> Self {
        Self(self.0 | feature.bit())
    }

    /// Removes a feature.
    #[must_use]
    pub fn without(self, feature: Feature) -> Self {
        Self(self.0 & !feature.bit())
    }

    /// Whether the store offers this feature.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// Checks that the store offers the ways in which these tasks are unique. For the `insert` of a store.
    ///
    /// # Errors
    /// [`StoreError::NotOffered`], for the first way that it does not offer.
    pub fn check(self, tasks: &[NewTask]) -> Result<(), StoreError> {
        tasks.iter().try_for_each(|task| {
            let needed = [
                (
                    task.period().is_some(),
                    Feature::Periods,
                    "insert of a task that is unique within a period",
                ),
                (
                    task.is_unique_until_started(),
                    Feature::UntilStarted,
                    "insert of a task that is unique until started",
                ),
                (task.replaces().is_some(), Feature::Replacing, "insert that replaces a task"),
            ];
            match needed.into_iter().find(|(is_needed, feature, _)| *is_needed && !self.has(*feature)) {
                Some((_, _, verb)) => Err(StoreError::NotOffered { verb }),
                None => Ok(()),
            }
        })
    }
}

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Feature::ALL.into_iter().filter(|feature| self.has(*feature))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unique;
    use crate::task::Mode;
    use std::time::Duration;

    #[test]
    fn each_feature_can_be_added_and_removed_alone() {
        let mut offers = Offers::all();
        for feature in Feature::ALL {
            assert!(offers.has(feature));
            offers = offers.without(feature);
            assert!(!offers.has(feature));
        }
        assert_eq!(offers, Offers::none());
        assert_eq!(format!("{:?}", offers.with(Feature::Crons)), "{Crons}");
    }

    #[test]
    fn a_task_that_is_unique_in_a_way_not_offered_is_refused() {
        let task = |unique: Unique| {
            let task = NewTask::new("{}".to_owned(), "common".to_owned(), Mode::Asynk);
            task.unique_by(unique).hashed().unwrap()
        };
        let ways = [
            (Feature::Periods, Unique::key("x").within(Duration::from_secs(60))),
            (Feature::UntilStarted, Unique::key("x").until_started()),
            (Feature::Replacing, Unique::key("x").replace(crate::Replace::TIME)),
        ];
        for (feature, unique) in ways {
            let error = Offers::all().without(feature).check(&[task(unique.clone())]).unwrap_err();
            assert!(matches!(error, StoreError::NotOffered { .. }), "{error}");
            assert!(Offers::none().with(feature).check(&[task(unique)]).is_ok());
        }
        assert!(Offers::none().check(&[task(Unique::payload())]).is_ok());
    }
}
