//! Task types with lines of their own, and the others together.

use crate::totals::{MAX_TYPES, Totals};
use fang_core::store::{Counts, TypeInfo, WorkerId};
use std::collections::BTreeSet;
use std::time::Duration;

/// Task types that share their lines: a single one, or all without a place of their own.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    types: Vec<&'a TypeInfo>,
}

/// The types with totals have the same places here. Places that are left go to the others, ordered by name.
pub(crate) fn groups<'a>(types: &'a [TypeInfo], totals: &Totals) -> Vec<Group<'a>> {
    let mut free = MAX_TYPES.saturating_sub(totals.iter().count());
    let (mut groups, mut others) = (Vec::new(), Vec::new());
    for info in types {
        let takes_one = !totals.has(&info.task_type);
        if info.task_type == Counts::OTHERS || takes_one && free == 0 {
            others.push(info);
            continue;
        }
        free -= usize::from(takes_one);
        groups.push(Group { name: &info.task_type, types: vec![info] });
    }
    if !others.is_empty() {
        groups.push(Group { name: Counts::OTHERS, types: others });
    }
    groups
}

impl Group<'_> {
    pub(crate) fn sum(&self, of: fn(&TypeInfo) -> u64) -> u64 {
        self.types.iter().map(|info| of(info)).sum()
    }

    pub(crate) fn oldest_due(&self) -> Duration {
        self.types.iter().filter_map(|info| info.depth.oldest_due).max().unwrap_or_default()
    }

    /// Whether all of them are paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.types.iter().all(|info| info.paused_at.is_some())
    }

    /// How many of these workers serve any of them.
    pub(crate) fn served_by(&self, workers: &BTreeSet<WorkerId>) -> usize {
        let serving: BTreeSet<_> = self.types.iter().flat_map(|info| &info.served_by).collect();
        serving.into_iter().filter(|id| workers.contains(id)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::{Capped, Depth};

    #[test]
    fn task_types_without_a_place_share_their_lines() {
        let depth = |n: usize| Depth {
            due: Capped { count: 2, is_capped: false },
            oldest_due: Some(Duration::from_secs(n as u64)),
            ..Depth::none(&format!("{n:04}"))
        };
        let all = (0..MAX_TYPES + 9).map(depth).collect();
        let types = TypeInfo::all(all, Vec::new(), &[], Vec::new());
        let groups = groups(&types, &Totals::default());
        assert_eq!(groups.len(), MAX_TYPES + 1);
        assert_eq!((groups[0].name, groups[0].sum(|info| info.depth.due.count)), ("0000", 2));
        let others = groups.last().unwrap();
        assert_eq!((others.name, others.sum(|info| info.depth.due.count)), (Counts::OTHERS, 18));
        assert_eq!(others.oldest_due().as_secs(), MAX_TYPES as u64 + 8);
        assert!(!others.is_paused() && others.served_by(&BTreeSet::new()) == 0);
    }
}
