//! Walks: claims that begin before the scan floor, and so pass the dead rows that a long transaction keeps in the
//! index. Slow walks are followed by rests.

use std::time::Duration;

/// At least this often a claim begins at the beginning of each scan range, or shortly before its floor while that is
/// slow.
const WALK_EVERY: Duration = Duration::from_secs(1);

/// While walks from the beginning are cheap, they come more often, since tasks whose inserts commit late wait for them:
/// the time between two is this many times as long as one costs.
const TIMES: u32 = 50;

/// They come no more often than this.
const OFTEN: Duration = Duration::from_millis(20);

/// A walk that takes no longer than this needs no rest.
const CHEAP_WALK: Duration = Duration::from_millis(5);

/// How long to rest after a walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) times: u32,
    pub(super) at_most: Duration,
}

/// Walks of one kind, and how long they took.
#[derive(Debug, Default)]
pub(super) struct Walks {
    pub(super) made: u64,
    pub(super) last: Option<Duration>,
    /// The durations of the last two. Dead rows make both slow, a hiccup only one.
    pub(super) took: [Duration; 2],
}

impl Walks {
    /// Tells that a walk has ended, which took this much longer than a claim without one.
    pub(super) fn made(&mut self, now: Duration, took: Duration, crowded: bool) {
        self.made += 1;
        self.last = Some(now);
        // In a crowd the claim may have waited for the advisory lock.
        let took = if crowded { took.min(self.typical()) } else { took };
        self.took = [self.took[1], took];
    }

    pub(super) fn typical(&self) -> Duration {
        self.took[0].min(self.took[1])
    }

    pub(super) fn are_recent(&self, now: Duration) -> bool {
        self.ended_within(WALK_EVERY, now)
    }

    /// Whether it is too early for another, by what they cost.
    pub(super) fn suffice(&self, now: Duration) -> bool {
        self.ended_within(self.typical().saturating_mul(TIMES).clamp(OFTEN, WALK_EVERY), now)
    }

    pub(super) fn are_slow(&self) -> bool {
        self.typical() > CHEAP_WALK
    }

    /// Whether walks take so long that it is too early for another.
    pub(super) fn rest(&self, now: Duration, rest: Rest) -> bool {
        let span = self.typical().saturating_mul(rest.times).min(rest.at_most);
        self.are_slow() && self.ended_within(span, now)
    }

    pub(super) fn ended_within(&self, span: Duration, now: Duration) -> bool {
        self.last.is_some_and(|at| now.saturating_sub(at) < span)
    }
}
