//! The scan ranges of a claim, and the floors at which it begins to search them.

use crate::store::{Claimed, DbInstant, ScanRange};
use crate::task::{Mode, Priority};
use std::time::Duration;

/// How far before its floor a claim begins when it looks for tasks that were inserted late.
const SHORTLY: Duration = Duration::from_secs(5);

/// Each claim that finds no late task shortens the time for these by this part.
const KEPT_FOR: u32 = 16;

/// Shorter times count as none.
const FORGOTTEN: Duration = Duration::from_millis(1);

/// Where a claim begins to search each scan range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the scan floor, where the last claim left off, or as long before it as tasks were late recently.
    Floor,
    /// Five seconds before the scan floor. Few transactions that insert tasks take longer than that.
    BeforeFloor,
    /// At the beginning of the range.
    Beginning,
}

/// The scan ranges of one claimer, each with its floor.
///
/// While a long transaction keeps old row versions, the head of the ready index fills with dead entries,
/// and every claim would walk past them again. So a claim under load begins where the last one left off.
/// The pace of the pool decides when a claim begins at the beginning.
///
/// A task whose transaction commits late lies below the floor. Where claims find such tasks, the next ones begin twice
/// as long before the floor as these were late.
#[derive(Debug)]
pub struct ScanRanges {
    stretches: Vec<Stretch>,
    late: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    range: ScanRange,
    /// The highest floor so far. A claim that found tasks below it continues from its own floor and not
    /// from where other pools left off.
    highest: DbInstant,
}

impl ScanRanges {
    /// The scan ranges of a mode. For each priority there is its own, and then that of rows without a mode.
    pub fn new(mode: Mode) -> Self {
        let stretch = |mode, priority| {
            let range = ScanRange { mode, priority, floor: DbInstant::MIN, is_shared: false };
            Stretch { range, highest: DbInstant::MIN }
        };
        let ranges = Priority::ALL.map(|priority| [stretch(mode, priority), stretch(Mode::Any, priority)]);
        Self { stretches: ranges.concat(), late: Duration::ZERO }
    }

    /// The ranges in the order to search them: the most urgent first, or the least urgent first when
    /// `upwards`.
    pub fn in_order(&self, upwards: bool, start: Start) -> Vec<ScanRange> {
        let range = |stretch: &Stretch| match start {
            Start::Floor => ScanRange {
                floor: stretch.range.floor.earlier_by(self.late),
                is_shared: stretch.range.floor >= stretch.highest && self.late.is_zero(),
                ..stretch.range
            },
            Start::BeforeFloor => {
                ScanRange { floor: stretch.range.floor.earlier_by(SHORTLY), ..stretch.range }
            }
            Start::Beginning => ScanRange { floor: DbInstant::MIN, ..stretch.range },
        };
        let mut ranges: Vec<ScanRange> = self.stretches.iter().map(range).collect();
        if upwards {
            ranges.reverse();
        }
        ranges
    }

    /// Moves the floors to the last of the claimed tasks in each range.
    pub fn claimed(&mut self, tasks: &[Claimed]) {
        let mut late = Duration::ZERO;
        for Stretch { range, highest } in &mut self.stretches {
            let mine = |task: &&Claimed| task.mode == range.mode && task.priority == range.priority;
            let times = || tasks.iter().filter(mine).map(|task| task.scheduled_at);
            let (Some(first), Some(last)) = (times().min(), times().max()) else { continue };
            // Tasks that came back to an old place are no sign that others will.
            late = late.max(range.floor.since(first).filter(|late| *late < SHORTLY).unwrap_or_default());
            range.floor = last;
            *highest = last.max(*highest);
        }
        // What is not seen again is forgotten after some claims.
        let kept = self.late - self.late / KEPT_FOR;
        self.late = (late * 2).min(SHORTLY).max(if kept < FORGOTTEN { Duration::ZERO } else { kept });
    }
}

/// Sorts claimed tasks into the order in which they should run. Stores return them in any order.
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
    fn a_range_begins_where_the_last_claim_left_off() {
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
    fn a_range_is_shared_unless_its_last_claim_found_tasks_below_its_highest_floor() {
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
    fn claims_begin_as_long_before_the_floor_as_commits_were_late() {
        let mut ranges = ScanRanges::new(Mode::Asynk);
        let mut floor_after = |at: i64| {
            ranges.claimed(&[task(Priority::High, at)]);
            let ranges = ranges.in_order(false, Start::Floor);
            let range = ranges.iter().find(|range| range.priority == Priority::High).unwrap();
            (range.floor.0, range.is_shared)
        };
        let second = 1_000_000;
        assert_eq!([10, 10, 11].map(|at| floor_after(at * second).0), [10, 10, 11].map(|at| at * second));
        let late = 30_000;
        assert_eq!(floor_after(11 * second - late), (11 * second - 3 * late, false));
        let begins: Vec<_> = (12..200).map(|at| at * second - floor_after(at * second).0).collect();
        assert!((50_000..60_000).contains(&begins[0]) && begins.is_sorted_by(|a, b| a >= b));
        assert_eq!(begins.last(), Some(&0), "it is forgotten");
        assert_eq!(floor_after(100 * second), (100 * second, false), "it came back to an old place");
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
