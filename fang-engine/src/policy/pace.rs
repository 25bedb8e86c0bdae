//! When to claim, how many, and how long to sleep: a state machine without a clock.

mod walks;

use crate::state::load::Load;
use fang_core::notify::{BurstGate, Notice};
use fang_core::scan::Start;
use fang_core::sleep_params::SleepParams;
use std::time::Duration;
use walks::{Rest, Walks};

/// The most tasks that one claim takes.
pub const MAX_CLAIM: usize = 500;

/// Tasks are claimed ahead of free workers for at most this much work, so that what a dying
/// process takes along, and what a neighbour could have run, stays small.
const HORIZON: Duration = Duration::from_millis(10);

/// And for payloads of at most so many bytes, so that memory stays bounded.
const AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// Results that wait to be saved before no more tasks are claimed.
const MAX_UNSAVED: usize = 4 * MAX_CLAIM;

/// For so long it counts how long a claim from the floor took. Then a walk that is not short is followed by a rest, in
/// which there are others.
const ORDINARY_FOR: Duration = Duration::from_secs(60);

/// A walk that is not cheap is followed by a rest, so many times as long, but no longer than this ...
const REST: Rest = Rest { times: 60, at_most: Duration::from_secs(600) };
/// ... or, once something is known to be there, than this.
const SHORT_REST: Rest = Rest { times: 5, at_most: Duration::from_secs(60) };

/// A walk that failed counts as no longer than this: what it walked over need not be the reason.
const LONGEST_FAILURE: Duration = Duration::from_secs(1);

/// A full claim that took so long was held up by those of others, or will be.
const CROWDED: Duration = Duration::from_millis(50);

/// After tasks that were announced it looks again after so many of the shortest periods: the next ones will be announced
/// as well, unless they only become due.
const SOON: u32 = 8;

/// One claim in this many looks at the least urgent range first.
const UPWARDS_EVERY: u64 = 16;

/// Failed claims are repeated after this long at first, doubling ...
const FIRST_FAILURE_DELAY: Duration = Duration::from_millis(100);
/// ... up to this long.
const LAST_FAILURE_DELAY: Duration = Duration::from_secs(10);

/// What a claimer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Claim, then report with [`Pace::claimed`], or with [`Pace::gave_up`] and [`Pace::failed`].
    Claim(Request),
    /// Sleep, until the time is over, somebody wakes it, or few enough tasks are in flight.
    Sleep {
        /// The longest sleep; `None` when only the other two end it.
        at_most: Option<Duration>,
        /// Ends the sleep when no more than this many tasks are in flight; `None` when that does
        /// not matter.
        until_in_flight: Option<usize>,
    },
}

/// A claim to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// How many tasks at most.
    pub limit: usize,
    /// Whether to look at the least urgent range first.
    pub upwards: bool,
    /// Where to begin.
    pub start: Start,
    /// Whether claims take so long that they should be made one after the other.
    pub crowded: bool,
    /// When it was asked for.
    pub at: Duration,
}

/// The pace of one claimer. All instants count from any fixed one.
#[derive(Debug)]
pub struct Pace {
    workers: usize,
    sleep: SleepParams,
    period: Duration,
    look_at: Duration,
    hold_until: Duration,
    /// Whether it looks because a task was announced, as the next one will be.
    is_single: bool,
    full: Walks,
    /// Those from shortly before the floor, made while full ones rest.
    short: Walks,
    /// When the last claim from the floor ended, and how long it took: what others take beyond that, they take to walk.
    ordinary: Option<(Duration, Duration)>,
    /// Whether something is known to lie before the floor.
    came_back: bool,
    last_was_full: bool,
    is_crowded: bool,
    claims: u64,
    failures: u32,
}

impl Pace {
    /// The pace of a pool that begins now, with a claim.
    pub fn new(workers: usize, sleep: SleepParams) -> Self {
        Self {
            workers,
            period: sleep.sleep_period.clamp(sleep.shortest(), sleep.longest()),
            sleep,
            look_at: Duration::ZERO,
            hold_until: Duration::ZERO,
            is_single: false,
            full: Walks::default(),
            short: Walks::default(),
            ordinary: None,
            came_back: false,
            last_was_full: false,
            is_crowded: false,
            claims: 0,
            failures: 0,
        }
    }

    /// What to do now.
    pub fn step(&self, now: Duration, load: Load) -> Step {
        let prefetch = self.prefetch(load);
        let refill_at =
            if prefetch == 0 { self.workers.saturating_sub(1) } else { self.workers + prefetch / 2 };
        if load.unsaved >= MAX_UNSAVED {
            return Step::Sleep { at_most: Some(self.sleep.shortest()), until_in_flight: None };
        }
        if load.in_flight > refill_at {
            return Step::Sleep { at_most: None, until_in_flight: Some(refill_at) };
        }
        if now < self.look_at {
            return Step::Sleep { at_most: Some(self.look_at - now), until_in_flight: None };
        }
        let room = (self.workers + prefetch).saturating_sub(load.in_flight);
        Step::Claim(self.request(now, room))
    }

    /// From now on there are so many workers.
    pub fn resize(&mut self, workers: usize) {
        self.workers = workers;
    }

    /// Whether the last claim left tasks behind that may be claimed now.
    pub fn has_more(&self, now: Duration) -> bool {
        self.last_was_full && now >= self.look_at
    }

    /// A claim brought `got` tasks.
    pub fn claimed(&mut self, now: Duration, request: Request, got: usize) {
        self.claims += 1;
        self.failures = 0;
        self.walked(now, request);
        self.last_was_full = got >= request.limit;
        self.is_crowded = self.last_was_full && now.saturating_sub(request.at) >= CROWDED;
        if got > 0 {
            self.found(now);
        }
        if self.last_was_full || (request.start == Start::Floor && !self.full_rest(now)) {
            // There is more; or there may be, before the floor.
            self.look_at = now;
            return;
        }
        // What was announced may have gone to another pool, and says nothing of what becomes due.
        let was_single = std::mem::take(&mut self.is_single);
        if got == 0 && !was_single && now >= self.hold_until {
            self.period = self.sleep.longer_than(self.period);
        }
        self.look_at = now + self.period;
    }

    /// A claim has failed, perhaps for lack of time: a walk is not repeated at once.
    pub fn gave_up(&mut self, now: Duration, request: Request) {
        let took = now.saturating_sub(request.at).min(LONGEST_FAILURE);
        match request.start {
            Start::Beginning => self.full.made(now, took, request.crowded),
            Start::BeforeFloor => self.short.made(now, took, request.crowded),
            Start::Floor => {}
        }
    }

    /// A task has kept its place while it was away, and may lie before the floor.
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

    /// A claim failed. `jitter` is a random number in `0.0..1.0`.
    pub fn failed(&mut self, now: Duration, jitter: f64) {
        let doubled = FIRST_FAILURE_DELAY.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.look_at = now + doubled.min(LAST_FAILURE_DELAY).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    }

    /// Somebody says that there is a task. After a failure that is no reason to hurry.
    pub fn woken(&mut self, now: Duration, notice: Notice) {
        if self.failures == 0 {
            match notice {
                Notice::Single => self.is_single = true,
                Notice::Burst => self.hold(now),
            }
            self.look_at = now;
        }
    }

    /// There were tasks, and may be more before long.
    fn found(&mut self, now: Duration) {
        if !self.is_single {
            self.hold(now);
        } else if now >= self.hold_until {
            self.period = self.sleep.shortest().saturating_mul(SOON).min(self.sleep.longest());
        }
    }

    /// Polls often for as long as no second notification would come.
    fn hold(&mut self, now: Duration) {
        self.period = self.sleep.shortest();
        self.hold_until = now + BurstGate::WINDOW;
    }

    fn request(&self, now: Duration, room: usize) -> Request {
        let start = self.start(now);
        Request {
            limit: room.clamp(1, MAX_CLAIM),
            upwards: self.upwards(start),
            start,
            crowded: self.is_crowded,
            at: now,
        }
    }

    fn upwards(&self, start: Start) -> bool {
        match start {
            // They are rare, and what a range has before its floor waits for one that gets there.
            Start::Beginning if self.full.are_slow() => !self.full.made.is_multiple_of(2),
            _ => (self.claims + 1).is_multiple_of(UPWARDS_EVERY),
        }
    }

    fn full_rest(&self, now: Duration) -> bool {
        self.full.rest(now, if self.came_back { SHORT_REST } else { REST })
    }

    /// A task whose insert commits late may lie before the floor; most are not late by much.
    fn start(&self, now: Duration) -> Start {
        if self.full_rest(now) {
            let is_early = self.short.are_recent(now) || self.short.rest(now, REST);
            if is_early { Start::Floor } else { Start::BeforeFloor }
        } else if self.last_was_full && self.full.are_recent(now) {
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
