//! The choice of the task type to claim next, by weights.

use crate::policy::pace::{Pace, Request, Step};
use crate::policy::served::Share;
use crate::policy::types::Next;
use crate::state::load::Load;
use fang_core::notify::Notice;
use fang_core::scan::ScanRanges;
use fang_core::sleep_params::SleepParams;
use fang_core::store::Claimed;
use fang_core::task::Mode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The task types of one claimer, each with its own pace. Types with work get tasks by their weights; a type without
/// work leaves its share to the others.
#[derive(Debug)]
pub struct Weights {
    types: Vec<TypeState>,
    /// The place of each name in `types`.
    places: HashMap<Arc<str>, usize>,
    /// The `spent` of the type that was claimed last: types that had no work go on from here.
    reached: f64,
}

#[derive(Debug)]
struct TypeState {
    share: Share,
    pace: Pace,
    ranges: ScanRanges,
    /// Tasks that it got, divided by its weight. The type with the lowest value is next.
    spent: f64,
}

impl Weights {
    /// The weights of a pool that starts.
    pub fn new(mode: Mode, shares: &[Share], workers: usize, sleep: &SleepParams) -> Self {
        let types = shares.iter().map(|share| TypeState {
            share: share.clone(),
            pace: Pace::new(workers, sleep.clone()),
            ranges: ScanRanges::new(mode),
            spent: 0.0,
        });
        let places = shares.iter().enumerate().map(|(place, share)| (share.task_type.clone(), place));
        Self { types: types.collect(), places: places.collect(), reached: 0.0 }
    }

    /// The next step, with this many workers.
    pub fn next(&mut self, now: Duration, load: Load, workers: usize) -> Next {
        let (mut best, mut lowest) = (None, None);
        let (mut nap, mut until_in_flight) = (None, None);
        for (index, types) in self.types.iter_mut().enumerate() {
            types.pace.resize(workers);
            match types.pace.step(now, load) {
                Step::Claim(request) if lowest.is_none_or(|lowest| types.spent < lowest) => {
                    lowest = Some(types.spent);
                    best = Some((index, request));
                }
                Step::Claim(_) => {}
                Step::Sleep { at_most, until_in_flight: until } => {
                    nap = at_most.into_iter().chain(nap).min();
                    until_in_flight = until_in_flight.or(until);
                }
            }
        }
        let Some((index, request)) = best else { return Next::Sleep { at_most: nap, until_in_flight } };
        let limit =
            if request.limit > workers { request.limit } else { self.part(index, request.limit, now) };
        Next::Claim { index, request: Request { limit, ..request } }
    }

    /// The share of a type in the free workers while others have work too, so that no type takes all workers for as
    /// long as its tasks run. Tasks that are claimed ahead are short, so their claims are not divided.
    fn part(&self, index: usize, room: usize, now: Duration) -> usize {
        let weight = |types: &TypeState| u64::from(types.share.weight);
        let rivals =
            self.types.iter().enumerate().filter(|(n, types)| *n != index && types.pace.has_more(now));
        let others: u64 = rivals.map(|(_, types)| weight(types)).sum();
        let own = weight(&self.types[index]);
        let part = (room as u64).saturating_mul(own) / (own + others);
        usize::try_from(part).unwrap_or(room).max(1)
    }

    /// Whether the next claim of this type is likely to bring many tasks.
    pub fn expects_many(&self, index: usize, now: Duration) -> bool {
        self.types[index].pace.expects_many(now)
    }

    /// The name of a task type.
    pub fn task_type(&self, index: usize) -> &Arc<str> {
        &self.types[index].share.task_type
    }

    /// The scan ranges of a task type.
    pub fn ranges(&self, index: usize) -> &ScanRanges {
        &self.types[index].ranges
    }

    /// Tells which tasks a claim returned, and in how long the next one becomes due, if it told.
    pub fn claimed(
        &mut self,
        index: usize,
        now: Duration,
        request: Request,
        tasks: &[Claimed],
        next_in: Option<Duration>,
    ) {
        let reached = self.reached;
        let types = &mut self.types[index];
        types.ranges.claimed(tasks);
        if !tasks.is_empty() {
            // A type that had no work for a while does not catch up.
            let from = if types.pace.has_more(now) { types.spent } else { types.spent.max(reached) };
            types.spent = from + tasks.len() as f64 / f64::from(types.share.weight);
            self.reached = reached.max(from);
        }
        types.pace.claimed(now, request, tasks.len(), next_in);
    }

    /// Tells that the claim of this type was a lock-claim, which does not tell when the next task becomes due.
    pub fn locked(&mut self, index: usize, now: Duration) {
        self.types[index].pace.was_blind(now);
    }

    /// Tells that a claim of this type failed.
    pub fn gave_up(&mut self, index: usize, now: Duration, request: Request) {
        self.types[index].pace.gave_up(now, request);
    }

    /// Tells that tasks of any type came back to places before the scan floor.
    pub fn came_back(&mut self) {
        self.types.iter_mut().for_each(|types| types.pace.came_back());
    }

    /// Tells that there are tasks of this type.
    pub fn woken(&mut self, task_type: &str, now: Duration, notice: Notice) {
        self.of(task_type).into_iter().for_each(|types| types.pace.woken(now, notice));
    }

    /// Tells that there may be tasks of any type.
    pub fn all_woken(&mut self, now: Duration) {
        self.types.iter_mut().for_each(|types| types.pace.woken(now, Notice::Burst));
    }

    /// Tells that a task of this type becomes due then.
    pub fn due_at(&mut self, task_type: &str, at: Duration) {
        self.of(task_type).into_iter().for_each(|types| types.pace.due_at(at));
    }

    fn of(&mut self, task_type: &str) -> Option<&mut TypeState> {
        self.places.get(task_type).and_then(|place| self.types.get_mut(*place))
    }

    /// Tells that a claim failed, as any other would now. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64, answers: Option<u64>) {
        self.types.iter_mut().for_each(|types| types.pace.failed(now, jitter, answers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::pace::MAX_CLAIM;
    use crate::state::example;

    const NOW: Duration = Duration::ZERO;

    fn weights(shares: &[(&str, u32)], workers: usize) -> Weights {
        let share = |(name, weight): &(&str, u32)| Share { task_type: (*name).into(), weight: *weight };
        let shares: Vec<Share> = shares.iter().map(share).collect();
        Weights::new(Mode::Asynk, &shares, workers, &SleepParams::default())
    }

    /// How many tasks of each type this many claims return. `stock` tells how many tasks a claim finds.
    fn claims(
        weights: &mut Weights,
        claims: usize,
        room: usize,
        stock: impl Fn(usize, usize) -> usize,
    ) -> Vec<usize> {
        let mut got = vec![0; weights.types.len()];
        let (mut now, workers) = (NOW, 100);
        let load = Load { in_flight: workers - room, ..Load::default() };
        for _ in 0..claims {
            match weights.next(now, load, workers) {
                Next::Claim { index, request } => {
                    let found = stock(index, request.limit).min(request.limit);
                    weights.claimed(index, now, request, &vec![example(); found], None);
                    got[index] += found;
                }
                Next::Sleep { at_most, .. } => now += at_most.unwrap(),
                Next::Look(look) => panic!("{look:?}"),
            }
        }
        got
    }

    #[track_caller]
    fn assert_share(got: &[usize], share: f64) {
        let all: usize = got.iter().sum();
        let off = (got[0] as f64 / all as f64 - share).abs();
        assert!(off < 0.02, "{got:?}");
    }

    #[test]
    fn weights_decide_while_all_have_work_whether_room_comes_by_ones_or_by_hundreds() {
        for room in [1, 7, 100] {
            let mut weights = weights(&[("mail", 3), ("sync", 1)], 100);
            assert_share(&claims(&mut weights, 4000, room, |_, limit| limit), 0.75);
        }
    }

    #[test]
    fn short_tasks_are_claimed_in_whole_batches_and_shared_all_the_same() {
        let mut weights = weights(&[("mail", 3), ("sync", 1)], 10);
        let load = Load { mean_run: Some(Duration::from_micros(1)), ..Load::default() };
        let mut got = [0, 0];
        for _ in 0..400 {
            let Next::Claim { index, request } = weights.next(NOW, load, 10) else { panic!("there is work") };
            assert_eq!(request.limit, MAX_CLAIM);
            weights.claimed(index, NOW, request, &vec![example(); request.limit], None);
            got[index] += request.limit;
        }
        assert_share(&got, 0.75);
    }

    #[test]
    fn the_share_of_an_idle_type_goes_to_the_others() {
        let mut weights = weights(&[("mail", 1), ("sync", 1000)], 100);
        let got = claims(&mut weights, 1000, 1, |index, limit| if index == 0 { limit } else { 0 });
        assert!(got[0] > 900 && got[1] == 0, "{got:?}");
    }

    #[test]
    fn a_type_does_not_catch_up_after_a_time_without_work() {
        let mut weights = weights(&[("mail", 1), ("sync", 1)], 100);
        claims(&mut weights, 1000, 10, |index, limit| if index == 0 { limit } else { 0 });
        weights.woken("sync", NOW, Notice::Burst);
        assert_share(&claims(&mut weights, 200, 10, |_, limit| limit), 0.5);
    }

    #[test]
    fn the_least_weight_is_not_starved() {
        let mut weights = weights(&[("mail", 1), ("sync", 10_000)], 100);
        let got = claims(&mut weights, 20_100, 1, |_, limit| limit);
        assert!(got[0] >= 2, "{got:?}");
    }

    #[test]
    fn all_sleep_until_the_first_wants_to_look() {
        let mut weights = weights(&[("mail", 1), ("sync", 1)], 100);
        claims(&mut weights, 2, 10, |_, _| 0);
        let next = weights.next(NOW, Load::default(), 100);
        assert!(matches!(next, Next::Sleep { at_most: Some(_), until_in_flight: None }), "{next:?}");
        weights.woken("sync", NOW, Notice::Burst);
        assert!(matches!(weights.next(NOW, Load::default(), 100), Next::Claim { index: 1, .. }));
    }
}
