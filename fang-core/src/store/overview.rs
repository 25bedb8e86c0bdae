use super::depth::{Capped, Depth};
use super::page::Matching;
use super::rates::TypeInfo;
use std::time::Duration;

/// How many tasks there are, as far as that can be told without reading the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The tasks that wait, of the first 1,000 task types: those that are due, and those for later. Of each type up to 10,000
    /// are counted, fewer if there are more than 2 types ([`Depth::COUNTED`]), and the sum has a plus sign if one type has more.
    pub waiting: Matching,
    /// The tasks that are due, in the same way.
    pub due: Matching,
    /// How long the one that became due first has been due. `None` if no task is due.
    pub oldest_due: Option<Duration>,
    /// The tasks that are in progress. Those that are claimed by locks alone look as if they waited.
    pub running: Matching,
    /// The tasks that have failed, among the last ones that ended: see [`Matching::looked`]. Finished tasks that are kept count
    /// as looked at, so `0+` says that none has failed among these, and nothing of those that ended before.
    pub failed: Matching,
}

impl Overview {
    /// From the depths of all types, and two counts.
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

    /// From what is known of all types, and a count. Pools tell what runs: to walk the tasks would cost more, and miss those that
    /// are claimed by locks alone.
    pub fn of_types(types: &[TypeInfo], failed: Matching) -> Self {
        let depths: Vec<_> = types.iter().map(|of| of.depth.clone()).collect();
        let running = Matching { tasks: types.iter().map(|of| of.running).sum(), ..Matching::default() };
        Self::new(&depths, running, failed)
    }
}
