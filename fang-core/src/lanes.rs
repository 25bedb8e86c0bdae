//! Where a claim looks: the lanes of a task type, and how far their beginnings are known.

use crate::store::{Claimed, DbInstant, Lane};
use crate::task::{Mode, Priority};
use std::time::Duration;

/// How far before its floor a claim begins that looks for what came late.
const SHORTLY: Duration = Duration::from_secs(5);

/// Where in each lane a claim begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Where the last one left off.
    Floor,
    /// Five seconds before that: few tasks are inserted by transactions that take longer.
    BeforeFloor,
    /// At the beginning.
    Beginning,
}

/// The lanes of one claimer, each with its floor.
///
/// While a long transaction pins old row versions, the head of the ready index fills with dead
/// entries that every claim would walk again. So a claim under load begins where the last one left
/// off; [`Pace`](crate::pace::Pace) decides when to begin at the beginning.
#[derive(Debug)]
pub struct Lanes(Vec<Stretch>);

#[derive(Clone, Copy, Debug)]
struct Stretch {
    lane: Lane,
    /// The highest floor so far. Whoever finds tasks below it goes on from there, and leaves it to the others to go on
    /// from where they are.
    highest: DbInstant,
}

impl Lanes {
    /// The lanes that a runtime works on: its own, and after each of them the rows of the same
    /// priority that do not say who may claim them.
    pub fn new(mode: Mode) -> Self {
        let stretch = |mode, priority| {
            let lane = Lane { mode, priority, floor: DbInstant::MIN, is_shared: false };
            Stretch { lane, highest: DbInstant::MIN }
        };
        let lanes = Priority::ALL.map(|priority| [stretch(mode, priority), stretch(Mode::Any, priority)]);
        Self(lanes.concat())
    }

    /// The lanes in the order to look: the most urgent first, or the least urgent.
    pub fn in_order(&self, upwards: bool, start: Start) -> Vec<Lane> {
        let lane = |stretch: &Stretch| match start {
            Start::Floor => Lane { is_shared: stretch.lane.floor >= stretch.highest, ..stretch.lane },
            Start::BeforeFloor => Lane { floor: stretch.lane.floor.earlier_by(SHORTLY), ..stretch.lane },
            Start::Beginning => Lane { floor: DbInstant::MIN, ..stretch.lane },
        };
        let mut lanes: Vec<Lane> = self.0.iter().map(lane).collect();
        if upwards {
            lanes.reverse();
        }
        lanes
    }

    /// Remembers how far a claim has come.
    pub fn claimed(&mut self, tasks: &[Claimed]) {
        for Stretch { lane, highest } in &mut self.0 {
            let mine = |task: &&Claimed| task.mode == lane.mode && task.priority == lane.priority;
            if let Some(last) = tasks.iter().filter(mine).map(|task| task.scheduled_at).max() {
                lane.floor = last;
                *highest = last.max(*highest);
            }
        }
    }
}

/// Sorts claimed tasks into the order in which they should run: no store promises one.
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
    fn a_lane_begins_where_the_last_claim_left_it() {
        let mut lanes = Lanes::new(Mode::Asynk);
        lanes.claimed(&[task(Priority::High, 5), task(Priority::High, 9)]);
        let shortly_before = DbInstant(9 - 5_000_000);
        let floors = |start| {
            let lanes = lanes.in_order(false, start);
            lanes.iter().map(|lane| lane.floor).filter(|floor| *floor != DbInstant::MIN).collect::<Vec<_>>()
        };
        assert_eq!(floors(Start::Floor), [DbInstant(9)]);
        assert_eq!(floors(Start::BeforeFloor), [shortly_before]);
        assert_eq!(floors(Start::Beginning), []);
    }

    #[test]
    fn a_lane_is_shared_unless_its_last_claim_found_tasks_from_before_an_earlier_one() {
        let mut lanes = Lanes::new(Mode::Asynk);
        let is_shared = |lanes: &Lanes, start| {
            let lanes = lanes.in_order(false, start);
            lanes.iter().find(|lane| lane.priority == Priority::High).unwrap().is_shared
        };
        for (claimed, shared) in [(5, true), (2, false), (4, false), (5, true), (6, true)] {
            lanes.claimed(&[task(Priority::High, claimed)]);
            let starts = [Start::Floor, Start::BeforeFloor, Start::Beginning];
            assert_eq!(starts.map(|start| is_shared(&lanes, start)), [shared, false, false], "{claimed}");
        }
    }

    #[test]
    fn upwards_begins_with_the_least_urgent() {
        let lanes = Lanes::new(Mode::Blocking);
        assert_eq!(lanes.in_order(true, Start::Floor)[0].priority, Priority::Low);
        assert_eq!(lanes.in_order(false, Start::Floor)[0].mode, Mode::Blocking);
    }

    #[test]
    fn tasks_run_by_priority_and_then_by_time() {
        let mut tasks = vec![task(Priority::Low, 1), task(Priority::High, 9), task(Priority::High, 2)];
        sort(&mut tasks, false);
        let order: Vec<_> = tasks.iter().map(|task| (task.priority, task.scheduled_at.0)).collect();
        assert_eq!(order, [(Priority::High, 2), (Priority::High, 9), (Priority::Low, 1)]);
    }
}
