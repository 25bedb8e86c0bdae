//! The choice of the task type to claim next among thousands: only those are claimed that are known to have tasks.

mod places;
#[cfg(test)]
mod tests;

use crate::policy::looks::Looks;
use crate::policy::pace::{Nap, Pace, Request};
use crate::policy::retry_pause::{RetryPause, Wait};
use crate::policy::served::Served;
use crate::policy::types::Next;
use crate::state::load::Load;
use fang_core::notify::Notice;
use fang_core::scan::ScanRanges;
use fang_core::sleep_params::SleepParams;
use fang_core::store::{Claimed, ReadyTypes};
use fang_core::task::Mode;
use places::{Place, Places, TypeState};
use std::sync::Arc;
use std::time::Duration;

/// A claim that would be followed by a round of looks within this time does not ask when the next task becomes due.
const WORTH_ASKING: Duration = Duration::from_millis(10);

/// The most types that wait for a claim at the same time. While there are more, the one that was claimed goes to the back:
/// a later look finds it again.
const MOST: usize = 10_000;

/// A claim takes at least this part of the room, however many types wait.
const LEAST_PART: usize = 8;

/// The task types of one claimer that has many of them. A type with tasks waits for its claims; one whose next task is known
/// waits for its time; of the others nothing is known but the name, until a notification or a look says that they have tasks.
///
/// Types with tasks get claims by their weights, as in [`Weights`](super::weights::Weights).
#[derive(Debug)]
pub struct ManyTypes {
    served: Served,
    mode: Mode,
    sleep: SleepParams,
    /// Knows the workers of the pool, and so its room for tasks.
    pool: Pace,
    places: Places,
    looks: Looks,
    /// Whether the last step was a look: looks and claims take turns.
    has_just_looked: bool,
    /// The `spent` of the type that was claimed last: types that had no work go on from here.
    reached: f64,
    /// How often tasks of any type came back to places before the scan floor.
    came_back: u64,
    retry: RetryPause,
    /// After a failure, notifications do not end the pause before that ...
    retry_at: Duration,
    /// ... and it ends then.
    go_on_at: Duration,
}

impl ManyTypes {
    /// The task types of a pool that starts.
    pub fn new(mode: Mode, served: Served, workers: usize, sleep: &SleepParams) -> Self {
        Self {
            served,
            mode,
            pool: Pace::new(workers, sleep.clone()),
            looks: Looks::new(mode, sleep.clone()),
            sleep: sleep.clone(),
            places: Places::default(),
            has_just_looked: false,
            reached: 0.0,
            came_back: 0,
            retry: RetryPause::default(),
            retry_at: Duration::ZERO,
            go_on_at: Duration::ZERO,
        }
    }

    /// The next step, with this many workers.
    pub fn next(&mut self, now: Duration, load: Load, workers: usize) -> Next {
        self.pool.resize(workers);
        let room = match self.pool.room(load) {
            Ok(room) => room,
            Err(Nap { at_most, until_in_flight }) => return Next::Sleep { at_most, until_in_flight },
        };
        if !self.retry.is_first() && now < self.go_on_at {
            return Next::Sleep { at_most: Some(self.go_on_at - now), until_in_flight: None };
        }
        self.wake_due(now);
        let (first, may_look) = (self.places.first(), self.may_look(now));
        if may_look && (first.is_none() || !self.has_just_looked) {
            self.has_just_looked = true;
            return Next::Look(self.looks.request());
        }
        self.has_just_looked = false;
        match first {
            Some(index) => Next::Claim { index, request: self.request(index, now, room, workers) },
            None => {
                let wake_at = self.places.first_due().into_iter().chain([self.looks.look_at()]).min();
                Next::Sleep { at_most: wake_at.map(|at| at.saturating_sub(now)), until_in_flight: None }
            }
        }
    }

    /// Types beyond the limit would only wait, and looks find them again.
    fn may_look(&self, now: Duration) -> bool {
        now >= self.looks.look_at() && self.places.waiting() < self.most()
    }

    fn most(&self) -> usize {
        MOST.max(self.served.shares().len())
    }

    fn wake_due(&mut self, now: Duration) {
        while let Some(index) = self.places.due_by(now) {
            self.has_work(index, true);
        }
    }

    fn request(&mut self, index: usize, now: Duration, room: usize, workers: usize) -> Request {
        let weight = self.places.weight();
        let until_passed = self.looks.until_passed(now);
        let state = self.places.state_mut(index);
        state.pace.resize(workers);
        if state.came_back != self.came_back {
            state.came_back = self.came_back;
            state.pace.came_back();
        }
        let request = state.pace.request(now, room);
        let own = u64::from(state.share.weight);
        // As in `Weights::part`: claims ahead are not divided.
        let part = (room as u64).saturating_mul(own) / weight.max(own).max(1);
        let limit = match request.limit > workers {
            true => request.limit,
            // Not too small a part, where many types have a task or two: each claim is a statement.
            false => usize::try_from(part).unwrap_or(room).max(room / LEAST_PART).clamp(1, request.limit),
        };
        let within = if until_passed > WORTH_ASKING { until_passed } else { Duration::ZERO };
        Request { limit, within, ..request }
    }

    /// Whether the next claim of this type is likely to bring many tasks. That others have tasks says nothing of that:
    /// with a hundred tasks each, lock-claims were slower than written ones.
    pub fn expects_many(&self, index: usize, now: Duration) -> bool {
        self.places.state(index).pace.has_more(now)
    }

    /// The name of a task type.
    pub fn task_type(&self, index: usize) -> &Arc<str> {
        &self.places.state(index).share.task_type
    }

    /// The scan ranges of a task type.
    pub fn ranges(&self, index: usize) -> &ScanRanges {
        &self.places.state(index).ranges
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
        self.retry = RetryPause::default();
        let is_full_house = self.places.waiting() >= self.most();
        let state = self.places.state_mut(index);
        state.ranges.claimed(tasks);
        if !tasks.is_empty() {
            self.reached = self.reached.max(state.spent);
            state.spent += tasks.len() as f64 / f64::from(state.share.weight);
        }
        state.pace.claimed(now, request, tasks.len(), next_in);
        let is_lone = state.is_lone && !state.pace.has_more(now);
        let place = match (state.pace.wants_more(now) && !is_full_house, state.pace.next_due()) {
            (true, _) => Place::Waiting,
            (false, Some(at)) => Place::Due(at),
            (false, None) => Place::Asleep,
        };
        self.places.put(index, place);
        if !tasks.is_empty() {
            self.looks.found(now, is_lone, self.is_busy());
        }
        if !self.is_busy() {
            self.looks.calm(now);
        }
    }

    /// Tells that the claim of this type was a lock-claim, which does not tell when the next task becomes due. If it left
    /// no task behind, a written claim follows soon, which does.
    pub fn locked(&mut self, index: usize, now: Duration) {
        let state = self.places.state_mut(index);
        if !state.is_waiting() {
            state.pace.due_at(now);
            let at = state.pace.next_due().unwrap_or(now);
            self.places.put(index, Place::Due(at));
        }
    }

    /// Whether other types wait for their claims.
    fn is_busy(&self) -> bool {
        self.places.first().is_some()
    }

    /// Tells that a claim of this type failed. Others go first then.
    pub fn gave_up(&mut self, index: usize, now: Duration, request: Request) {
        let state = self.places.state_mut(index);
        state.pace.gave_up(now, request);
        state.spent += 1.0 / f64::from(state.share.weight);
        self.places.put(index, Place::Waiting);
    }

    /// Tells that a look failed that was sent then. Claims go on after a pause.
    pub fn look_failed(&mut self, now: Duration, sent_at: Duration) {
        self.looks.failed(now, now.saturating_sub(sent_at));
    }

    /// Tells the answer to a look that was sent then.
    pub fn looked(&mut self, now: Duration, sent_at: Duration, ready: &ReadyTypes) {
        self.retry = RetryPause::default();
        for task_type in &ready.due {
            if let Some(index) = self.index_of(task_type) {
                self.has_work(index, false);
            }
        }
        for (task_type, delay) in &ready.later {
            self.due_at(task_type, now.saturating_add(*delay));
        }
        self.looks.made(now, now.saturating_sub(sent_at), ready, self.is_busy());
    }

    /// Tells that tasks of any type came back to places before the scan floor.
    pub fn came_back(&mut self) {
        self.came_back += 1;
    }

    /// Tells that there are tasks of this type. During a pause after repeated failures, that only shortens it.
    pub fn woken(&mut self, task_type: &str, now: Duration, notice: Notice) {
        if let Notice::Due(delay) = notice {
            return self.due_at(task_type, now.saturating_add(delay));
        }
        self.go_on(now);
        // Types beyond the limit would only wait, and looks find them again.
        let has_room = self.places.waiting() < self.most() || self.places.index_of(task_type).is_some();
        if let Some(index) = has_room.then(|| self.index_of(task_type)).flatten() {
            self.has_work(index, notice == Notice::Single);
        }
        if notice == Notice::Burst {
            self.looks.burst(now, self.is_busy());
        }
    }

    /// Tells that there may be tasks of any type.
    pub fn all_woken(&mut self, now: Duration) {
        self.go_on(now);
        self.looks.anew(now);
    }

    /// Tells that a task of this type becomes due then. Looks tell in time what becomes due after the next round.
    pub fn due_at(&mut self, task_type: &str, at: Duration) {
        if at > self.looks.horizon() {
            return;
        }
        let Some(index) = self.index_of(task_type) else { return };
        let state = self.places.state_mut(index);
        state.pace.due_at(at);
        if let (false, Some(at)) = (state.is_waiting(), state.pace.next_due()) {
            self.places.put(index, Place::Due(at));
        }
    }

    /// Tells that a claim or a look failed, as any other would now. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64, answers: Option<u64>) {
        let Wait { at_least, at_most } = self.retry.wait(jitter, answers);
        self.retry_at = now + at_least;
        self.go_on_at = now + at_most;
    }

    fn go_on(&mut self, now: Duration) {
        self.go_on_at = self.go_on_at.min(now.max(self.retry_at));
    }

    /// The place of a type, or `None` if the pool does not serve it.
    fn index_of(&mut self, task_type: &str) -> Option<usize> {
        if let Some(known) = self.places.index_of(task_type) {
            return Some(known);
        }
        let share = self.served.share(task_type)?;
        let (pace, ranges) = (Pace::new(1, self.sleep.clone()), ScanRanges::new(self.mode));
        Some(self.places.add(TypeState::new(share, pace, ranges, self.came_back)))
    }

    /// A type has tasks. `is_lone` tells that a single notification said so, or the time of a task.
    fn has_work(&mut self, index: usize, is_lone: bool) {
        let state = self.places.state_mut(index);
        if state.is_waiting() {
            state.is_lone &= is_lone;
            return;
        }
        state.is_lone = is_lone;
        // A type that had no work for a while does not catch up.
        state.spent = state.spent.max(self.reached);
        self.places.put(index, Place::Waiting);
    }
}
