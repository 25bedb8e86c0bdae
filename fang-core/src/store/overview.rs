use super::depth::{Capped, Depth};
use super::page::Matching;
use super::rates::TypeInfo;
use std::time::Duration;

/// How many tasks there are, as far as that is known without reading the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The tasks that wait, whether they are due or not, of the first 1,000 task types. Up to 10,000 tasks of each type
    /// are counted, and fewer if there are more than 2 types: see [`Depth::COUNTED`]. The sum is marked as
    /// [cut](Matching::is_cut) if a type has more.
    pub waiting: Matching,
    /// The tasks that are due, counted in the same way.
    pub due: Matching,
    /// How long the one that became due first has been due. `None` if no task is due.
    pub oldest_due: Option<Duration>,
    /// The tasks that are in progress. Tasks of a lock-claim count as waiting.
    pub running: Matching,
    /// The failed tasks among those that ended last. [`Matching::looked`] says how many ended tasks, failed or
    /// finished, were looked at. So `0+` means that none of these has failed. Tasks that ended earlier may have failed.
    pub failed: Matching,
}

impl Overview {
    /// The overview of these depths of all types, and two counts.
    pub fn new(depths: &[Depth], running: Matching, failed: Matching) -> Self {
        let is_cut = depths.len() >= usize::from(Depth::TASK_TYPES);
        let sum = |of: fn(&Depth) -> Capped| {
            depths.iter().map(of).fold(Matching { is_cut, ..Matching::default() }, |sum, part| Matching {
                tasks: sum.tasks + part.count,
                looked: sum.looked + part.count,
                is_cut: sum.is_cut || part.is_capped,
            })
        };
        let oldest_due = depths.iter().filter_map(|depth| depth.oldest_due).max();
        Self { waiting: sum(|depth| depth.waiting), due: sum(|depth| depth.due), oldest_due, running, failed }
    }

    /// The overview of what is known of all types, and a count. The number of running tasks comes from the beats of the
    /// pools, so it includes tasks of lock-claims.
    pub fn of_types(types: &[TypeInfo], failed: Matching) -> Self {
        let depths: Vec<_> = types.iter().map(|of| of.depth.clone()).collect();
        let running = Matching { tasks: types.iter().map(|of| of.running).sum(), ..Matching::default() };
        Self::new(&depths, running, failed)
    }
}
