//! The pace of claims: when to claim, how many tasks, and how long to sleep. A state machine without a clock.

mod walks;

use super::retry_pause::{RetryPause, Wait};
use crate::state::load::Load;
use fang_core::notify::{BurstGate, Notice};
use fang_core::scan::Start;
use fang_core::sleep_params::SleepParams;
use std::time::Duration;
use walks::{Rest, Walks};

/// The most tasks that one claim takes.
pub const MAX_CLAIM: usize = 500;

/// Tasks are claimed ahead of free workers for at most this much work. So a dying process takes few tasks along, and
/// few tasks wait here that another process could run.
const HORIZON: Duration = Duration::from_millis(10);

/// And for payloads of at most this many bytes, so that memory stays bounded.
const AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// No more tasks are claimed while this many results are unsaved.
const MAX_UNSAVED: usize = 4 * MAX_CLAIM;

/// How long the duration of a claim from the scan floor is remembered. After that, the next slow walk is followed by
/// a rest, in which claims from the floor are timed anew.
const ORDINARY_FOR: Duration = Duration::from_secs(60);

/// After a slow walk there is a rest, this many times as long as the walk but no longer than `at_most` ...
const REST: Rest = Rest { times: 60, at_most: Duration::from_secs(600) };
/// ... or than this, if a task is known to lie before the scan floor.
const SHORT_REST: Rest = Rest { times: 5, at_most: Duration::from_secs(60) };

/// A walk that failed counts as no longer than this, since dead rows need not be the reason.
const LONGEST_FAILURE: Duration = Duration::from_secs(1);

/// A full claim that took this long is crowded: claims of other pools held it up, or will hold up the next.
const CROWDED: Duration = Duration::from_millis(50);

/// After a [single](Notice::Single) notification the next look follows after this many of the shortest periods: the
/// next task will send a notification as well, unless it was inserted before and becomes due.
const SOON: u32 = 8;

/// Claims for tasks that become due one after the other are at least this far apart, so that a few of them share a claim.
const APART: Duration = Duration::from_millis(5);

/// A claim that would be followed by a rest of no more than this does not ask when the next task becomes due.
const WORTH_ASKING: Duration = Duration::from_millis(10);

/// A claim that brought as many tasks as this is likely to be followed by one that brings as many.
const MANY: usize = 32;

/// One claim in this many looks at the least urgent range first.
const UPWARDS_EVERY: u64 = 16;

/// The next step of a claimer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Claim, then report with [`Pace::claimed`], or with [`Pace::gave_up`] and [`Pace::failed`].
    Claim(Request),
    /// Sleep until the time is over, a notification comes, or few enough tasks are in flight.
    Sleep {
        /// The longest sleep; `None` when only the other two end it.
        at_most: Option<Duration>,
        /// Ends the sleep once no more than this many tasks are in flight; `None` when that does not matter.
        until_in_flight: Option<usize>,
    },
}

/// The sleep of a pool that has no room for tasks, as in [`Step::Sleep`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nap {
    /// The longest sleep.
    pub at_most: Option<Duration>,
    /// Ends the sleep once no more than this many tasks are in flight.
    pub until_in_flight: Option<usize>,
}

/// A claim to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The most tasks to claim.
    pub limit: usize,
    /// Whether to look at the least urgent range first.
    pub upwards: bool,
    /// Where in each scan range to begin.
    pub start: Start,
    /// Whether claims take so long that they should be made one after the other.
    pub crowded: bool,
    /// How far ahead to look for the next task that becomes due: as long as the pool rests if it finds none. Zero if
    /// that is too short to ask.
    pub within: Duration,
    /// When it was made.
    pub at: Duration,
}

/// The pace of one task type of a claimer. All instants count from the same fixed one.
#[derive(Debug)]
pub struct Pace {
    workers: usize,
    sleep: SleepParams,
    period: Duration,
    look_at: Duration,
    /// When the next task becomes due, as far as that is known. It makes the pool look before `look_at`.
    due_at: Option<Duration>,
    /// When the last claim ended.
    claimed_at: Option<Duration>,
    poll_often_until: Duration,
    /// Whether it looks because of a [single](Notice::Single) notification, or because a task is due.
    is_single: bool,
    full: Walks,
    /// Walks from shortly before the scan floor, made while full walks rest.
    short: Walks,
    /// When the last claim from the scan floor ended, and how long it took. The time that other claims take beyond
    /// that is spent on walking.
    ordinary: Option<(Duration, Duration)>,
    /// Whether a task is known to lie before the scan floor.
    came_back: bool,
    last_was_full: bool,
    last_got: usize,
    /// Whether the next claim has to tell when the next task becomes due.
    must_tell: bool,
    is_crowded: bool,
    claims: u64,
    retry: RetryPause,
    /// After a failure, notifications do not make it look before that.
    retry_at: Duration,
}

impl Pace {
    /// The pace of a pool that starts. It begins with a claim.
    pub fn new(workers: usize, sleep: SleepParams) -> Self {
        Self {
            workers,
            period: sleep.sleep_period.clamp(sleep.shortest(), sleep.longest()),
            sleep,
            look_at: Duration::ZERO,
            due_at: None,
            claimed_at: None,
            poll_often_until: Duration::ZERO,
            is_single: false,
            full: Walks::default(),
            short: Walks::default(),
            ordinary: None,
            came_back: false,
            last_was_full: false,
            last_got: 0,
            must_tell: false,
            is_crowded: false,
            claims: 0,
            retry: RetryPause::default(),
            retry_at: Duration::ZERO,
        }
    }

    /// The next step.
    pub fn step(&self, now: Duration, load: Load) -> Step {
        let room = match self.room(load) {
            Ok(room) => room,
            Err(Nap { at_most, until_in_flight }) => return Step::Sleep { at_most, until_in_flight },
        };
        let wake_at = self.wake_at();
        if now < wake_at {
            return Step::Sleep { at_most: Some(wake_at - now), until_in_flight: None };
        }
        Step::Claim(self.request(now, room))
    }

    /// How many tasks the pool has room for.
    ///
    /// # Errors
    /// The sleep until it has room.
    pub fn room(&self, load: Load) -> Result<usize, Nap> {
        let prefetch = self.prefetch(load);
        let refill_at =
            if prefetch == 0 { self.workers.saturating_sub(1) } else { self.workers + prefetch / 2 };
        if load.unsaved >= MAX_UNSAVED {
            return Err(Nap { at_most: Some(self.sleep.shortest()), until_in_flight: None });
        }
        if load.in_flight > refill_at {
            return Err(Nap { at_most: None, until_in_flight: Some(refill_at) });
        }
        Ok((self.workers + prefetch).saturating_sub(load.in_flight))
    }

    /// When to look next. After a failure, tasks that become due wait for the next try.
    fn wake_at(&self) -> Duration {
        let due_at = self.next_due().filter(|_| self.retry.is_first());
        due_at.map_or(self.look_at, |at| at.min(self.look_at))
    }

    /// When to claim for the next task that becomes due, as far as that is known.
    pub fn next_due(&self) -> Option<Duration> {
        let not_before = self.claimed_at.map_or(Duration::ZERO, |at| at + APART);
        self.due_at.map(|at| at.max(not_before))
    }

    /// Whether there may be more tasks to claim at once: the last claim was full, or did not begin at the beginning.
    pub fn wants_more(&self, now: Duration) -> bool {
        now >= self.look_at
    }

    /// Tells that a task becomes due then.
    pub fn due_at(&mut self, at: Duration) {
        self.due_at = Some(self.due_at.map_or(at, |known| known.min(at)));
    }

    /// Sets the number of workers.
    pub fn resize(&mut self, workers: usize) {
        self.workers = workers;
    }

    /// Whether the last claim left tasks behind that may be claimed now.
    pub fn has_more(&self, now: Duration) -> bool {
        self.last_was_full && now >= self.look_at
    }

    /// Whether the next claim is likely to bring many tasks.
    pub fn expects_many(&self, now: Duration) -> bool {
        !self.must_tell && (self.has_more(now) || self.last_got >= MANY)
    }

    /// Tells that a claim returned `got` tasks, and in how long the next one becomes due, if it told.
    pub fn claimed(&mut self, now: Duration, request: Request, got: usize, next_in: Option<Duration>) {
        self.claims += 1;
        self.claimed_at = Some(now);
        // The claim took what was due until then. A later task is looked for in its time.
        if self.due_at.take_if(|at| *at <= request.at).is_some() {
            self.is_single = true;
        }
        if let Some(next_in) = next_in {
            self.due_at(now.saturating_add(next_in));
        }
        self.retry = RetryPause::default();
        self.walked(now, request);
        self.last_was_full = got >= request.limit;
        (self.last_got, self.must_tell) = (got, false);
        self.is_crowded = self.last_was_full && now.saturating_sub(request.at) >= CROWDED;
        if got > 0 {
            self.found(now);
        }
        if self.last_was_full || (request.start == Start::Floor && !self.full_rest(now)) {
            // There are more tasks, or there may be some before the scan floor.
            self.look_at = now;
            return;
        }
        // A single notification may have been for a task that another pool got. It says nothing of tasks that become
        // due.
        let was_single = std::mem::take(&mut self.is_single);
        if got == 0 && !was_single && now >= self.poll_often_until {
            self.period = self.sleep.longer_than(self.period);
        }
        self.look_at = now + self.period;
    }

    /// Tells that the last claim did not tell when the next task becomes due. If a longer rest followed now, a claim that
    /// tells comes first.
    pub fn was_blind(&mut self, now: Duration) {
        if self.look_at.saturating_sub(now) > WORTH_ASKING {
            self.due_at(now);
            self.must_tell = true;
        }
    }

    /// How long it rests after the next claim, at most: longer than before if that finds nothing, and a while if it finds a
    /// single task.
    fn longest_rest(&self) -> Duration {
        let rest = self.sleep.longer_than(self.period);
        if self.is_single { rest.max(self.after_single()) } else { rest }
    }

    fn after_single(&self) -> Duration {
        self.sleep.shortest().saturating_mul(SOON).min(self.sleep.longest())
    }

    /// Tells that a claim failed, perhaps because it took too long. A walk is not repeated at once.
    pub fn gave_up(&mut self, now: Duration, request: Request) {
        let took = now.saturating_sub(request.at).min(LONGEST_FAILURE);
        match request.start {
            Start::Beginning => self.full.made(now, took, request.crowded),
            Start::BeforeFloor => self.short.made(now, took, request.crowded),
            Start::Floor => {}
        }
    }

    /// Tells that a task came back to its old place, which may lie before the scan floor.
    pub fn came_back(&mut self) {
        self.came_back = true;
    }

    fn walked(&mut self, now: Duration, request: Request) {
        let Request { start, crowded, at, .. } = request;
        let took = now.saturating_sub(at);
        let beyond = took.saturating_sub(self.ordinary(now));
        match start {
            Start::Beginning => {
                self.full.made(now, beyond, crowded);
                self.came_back = false;
            }
            Start::BeforeFloor => self.short.made(now, beyond, crowded),
            Start::Floor if crowded => {}
            Start::Floor => self.ordinary = Some((now, took)),
        }
    }

    fn ordinary(&self, now: Duration) -> Duration {
        let recent = self.ordinary.filter(|(at, _)| now.saturating_sub(*at) < ORDINARY_FOR);
        recent.map_or(Duration::ZERO, |(_, took)| took)
    }

    /// Tells that a claim failed, and how often the store has answered again by then, unless it answered this claim with
    /// a refusal. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64, answers: Option<u64>) {
        let Wait { at_least, at_most } = self.retry.wait(jitter, answers);
        self.retry_at = now + at_least;
        self.look_at = now + at_most;
    }

    /// Tells that a notification came, or that the store answers again after a failure. It shortens the pause after
    /// repeated failures, but does not end it.
    pub fn woken(&mut self, now: Duration, notice: Notice) {
        if let Notice::Due(delay) = notice {
            return self.due_at(now.saturating_add(delay));
        }
        if !self.retry.is_first() {
            self.look_at = self.look_at.min(now.max(self.retry_at));
            return;
        }
        match notice {
            Notice::Burst => self.poll_often(now),
            Notice::Single | Notice::Due(_) => self.is_single = true,
        }
        self.look_at = now;
    }

    /// Tasks were found, so more may follow soon.
    fn found(&mut self, now: Duration) {
        if !self.is_single {
            self.poll_often(now);
        } else if now >= self.poll_often_until {
            self.period = self.after_single();
        }
    }

    /// Polls often during the time in which inserts of a burst send no second notification.
    fn poll_often(&mut self, now: Duration) {
        self.period = self.sleep.shortest();
        self.poll_often_until = now + BurstGate::WINDOW;
    }

    /// The next claim, for this many tasks.
    pub fn request(&self, now: Duration, room: usize) -> Request {
        let start = self.start(now);
        Request {
            limit: room.clamp(1, MAX_CLAIM),
            upwards: self.upwards(start),
            start,
            crowded: self.is_crowded,
            within: Some(self.longest_rest()).filter(|rest| *rest > WORTH_ASKING).unwrap_or_default(),
            at: now,
        }
    }

    fn upwards(&self, start: Start) -> bool {
        match start {
            // Such claims are rare, and the tasks before the floor of a less urgent range wait for one that gets to
            // it.
            Start::Beginning if self.full.are_slow() => !self.full.made.is_multiple_of(2),
            _ => (self.claims + 1).is_multiple_of(UPWARDS_EVERY),
        }
    }

    fn full_rest(&self, now: Duration) -> bool {
        self.full.rest(now, if self.came_back { SHORT_REST } else { REST })
    }

    /// A task whose insert commits late may lie before the scan floor. Few are late by much.
    fn start(&self, now: Duration) -> Start {
        if self.full_rest(now) {
            let is_early = self.short.are_recent(now) || self.short.rest(now, REST);
            if is_early { Start::Floor } else { Start::BeforeFloor }
        } else if self.last_was_full && self.full.suffice(now) {
            Start::Floor
        } else {
            Start::Beginning
        }
    }

    fn prefetch(&self, load: Load) -> usize {
        let Some(mean) = load.mean_run.filter(|mean| *mean < HORIZON) else { return 0 };
        let runs = HORIZON.as_nanos() / mean.as_nanos().max(1);
        let tasks = self.workers.saturating_mul(usize::try_from(runs).unwrap_or(MAX_CLAIM));
        tasks.min(MAX_CLAIM).min(AHEAD_BYTES / load.mean_bytes.max(1))
    }
}

#[cfg(test)]
mod tests;
