//! Walks over the dead rows that a long transaction keeps, and the rests between them.

use std::time::Duration;

/// A claim begins at the beginning of each range at least this often, or shortly before its floor while that takes long.
const WALK_EVERY: Duration = Duration::from_secs(1);

/// A walk over dead rows that takes no longer is made whenever something may be there.
const CHEAP_WALK: Duration = Duration::from_millis(5);

/// How long nothing is walked after a walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) times: u32,
    pub(super) at_most: Duration,
}

/// Walks of one kind, over whatever dead rows a long transaction keeps there.
#[derive(Debug, Default)]
pub(super) struct Walks {
    pub(super) made: u64,
    pub(super) last: Option<Duration>,
    /// How long the last two took: dead rows make each slow, a hiccup but one.
    pub(super) took: [Duration; 2],
}

impl Walks {
    /// One has ended that took so long, beyond what any claim takes.
    pub(super) fn made(&mut self, now: Duration, took: Duration, crowded: bool) {
        self.made += 1;
        self.last = Some(now);
        // In a crowd it may be the wait for its turn that took long.
        let took = if crowded { took.min(self.typical()) } else { took };
        self.took = [self.took[1], took];
    }

    pub(super) fn typical(&self) -> Duration {
        self.took[0].min(self.took[1])
    }

    pub(super) fn are_recent(&self, now: Duration) -> bool {
        self.ended_within(WALK_EVERY, now)
    }

    pub(super) fn are_slow(&self) -> bool {
        self.typical() > CHEAP_WALK
    }

    /// Whether they take so long that it is too early for another.
    pub(super) fn rest(&self, now: Duration, rest: Rest) -> bool {
        let span = self.typical().saturating_mul(rest.times).min(rest.at_most);
        self.are_slow() && self.ended_within(span, now)
    }

    pub(super) fn ended_within(&self, span: Duration, now: Duration) -> bool {
        self.last.is_some_and(|at| now.saturating_sub(at) < span)
    }
}
