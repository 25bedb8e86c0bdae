//! The scan ranges of a task type, and their scan floors.

use crate::store::{Claimed, DbInstant, ScanRange};
use crate::task::{Mode, Priority};
use std::time::Duration;

/// How far before its scan floor a claim begins that looks for tasks that were committed late.
const SHORTLY: Duration = Duration::from_secs(5);

/// Where in each scan range a claim begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the scan floor, where the last claim left off.
    Floor,
    /// Five seconds before the scan floor. Few tasks are inserted by transactions that take longer.
    BeforeFloor,
    /// At the beginning.
    Beginning,
}

/// The scan ranges of one claimer, each with its scan floor.
///
/// While a long transaction pins old row versions, the head of the ready index fills with dead entries that
/// every claim would scan again. So under load a claim begins where the last one left off. The pool decides
/// when to begin at the beginning.
#[derive(Debug)]
pub struct ScanRanges(Vec<Stretch>);

#[derive(Clone, Copy, Debug)]
struct Stretch {
    range: ScanRange,
    /// The highest floor so far. A claimer that finds tasks below it continues there, and does not share its
    /// floor with others.
    highest: DbInstant,
}

impl ScanRanges {
    /// The scan ranges of a mode. Each one is followed by that of the tasks of the same priority that name no
    /// mode.
    pub fn new(mode: Mode) -> Self {
        let stretch = |mode, priority| {
            let range = ScanRange { mode, priority, floor: DbInstant::MIN, is_shared: false };
            Stretch { range, highest: DbInstant::MIN }
        };
        let ranges = Priority::ALL.map(|priority| [stretch(mode, priority), stretch(Mode::Any, priority)]);
        Self(ranges.concat())
    }

    /// The scan ranges in the order to search: the most urgent first, or the least urgent when `upwards`.
    pub fn in_order(&self, upwards: bool, start: Start) -> Vec<ScanRange> {
        let range = |stretch: &Stretch| match start {
            Start::Floor => ScanRange { is_shared: stretch.range.floor >= stretch.highest, ..stretch.range },
            Start::BeforeFloor => {
                ScanRange { floor: stretch.range.floor.earlier_by(SHORTLY), ..stretch.range }
            }
            Start::Beginning => ScanRange { floor: DbInstant::MIN, ..stretch.range },
        };
        let mut ranges: Vec<ScanRange> = self.0.iter().map(range).collect();
        if upwards {
            ranges.reverse();
        }
        ranges
    }

    /// Moves the scan floors to where a claim has come.
    pub fn claimed(&mut self, tasks: &[Claimed]) {
        for Stretch { range, highest } in &mut self.0 {
            let mine = |task: &&Claimed| task.mode == range.mode && task.priority == range.priority;
            if let Some(last) = tasks.iter().filter(mine).map(|task| task.scheduled_at).max() {
                range.floor = last;
                *highest = last.max(*highest);
            }
        }
    }
}

/// Sorts claimed tasks into the order in which they run, since stores return them in any order.
pub fn sort(tasks: &mut [Claimed], upwards: bool) {
    tasks.sort_unstable_by_key(|task| {
        let priority = task.priority as i16;
        (if upwards { -priority } else { priority }, task.scheduled_at, task.id)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(priority: Priority, at: i64) -> Claimed {
        Claimed { priority, scheduled_at: DbInstant(at), ..Claimed::example() }
    }

    #[test]
    fn a_scan_range_begins_where_the_last_claim_left_off() {
        let mut ranges = ScanRanges::new(Mode::Asynk);
        ranges.claimed(&[task(Priority::High, 5), task(Priority::High, 9)]);
        let shortly_before = DbInstant(9 - 5_000_000);
        let floors = |start| {
            let ranges = ranges.in_order(false, start);
            ranges
                .iter()
                .map(|range| range.floor)
                .filter(|floor| *floor != DbInstant::MIN)
                .collect::<Vec<_>>()
        };
        assert_eq!(floors(Start::Floor), [DbInstant(9)]);
        assert_eq!(floors(Start::BeforeFloor), [shortly_before]);
        assert_eq!(floors(Start::Beginning), []);
    }

    #[test]
    fn a_scan_range_is_shared_unless_its_last_claim_found_tasks_below_its_highest_floor() {
        let mut ranges = ScanRanges::new(Mode::Asynk);
        let is_shared = |ranges: &ScanRanges, start| {
            let ranges = ranges.in_order(false, start);
            ranges.iter().find(|range| range.priority == Priority::High).unwrap().is_shared
        };
        for (claimed, shared) in [(5, true), (2, false), (4, false), (5, true), (6, true)] {
            ranges.claimed(&[task(Priority::High, claimed)]);
            let starts = [Start::Floor, Start::BeforeFloor, Start::Beginning];
            assert_eq!(starts.map(|start| is_shared(&ranges, start)), [shared, false, false], "{claimed}");
        }
    }

    #[test]
    fn upwards_begins_with_the_least_urgent() {
        let ranges = ScanRanges::new(Mode::Blocking);
        assert_eq!(ranges.in_order(true, Start::Floor)[0].priority, Priority::Low);
        assert_eq!(ranges.in_order(false, Start::Floor)[0].mode, Mode::Blocking);
    }

    #[test]
    fn tasks_run_by_priority_and_then_by_time() {
        let mut tasks = vec![task(Priority::Low, 1), task(Priority::High, 9), task(Priority::High, 2)];
        sort(&mut tasks, false);
        let order: Vec<_> = tasks.iter().map(|task| (task.priority, task.scheduled_at.0)).collect();
        assert_eq!(order, [(Priority::High, 2), (Priority::High, 9), (Priority::Low, 1)]);
    }
}
