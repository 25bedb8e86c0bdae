use super::every;
use std::borrow::Cow;
use std::time::Duration;

/// When a task runs again and again.
///
/// Whether it can be followed is said when the task is scheduled, with the reason if not.
///
/// ```
/// use fang_core::schedule::{Cron, Missed, Scheduled};
/// use std::time::Duration;
/// // At nine on working days, by the clocks of Berlin. What was missed stays undone.
/// let report = Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin").missed(Missed::Skip);
/// // Every 90 seconds.
/// let poll = Cron::every(Duration::from_secs(90));
/// # let _: [Scheduled; 2] = [report.into(), poll.into()];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is for `cron()` to return, as `Some(Scheduled::Cron(cron))`"]
pub struct Cron {
    /// The pattern, or the interval as `@every 90s`.
    pub pattern: String,
    /// A name of the IANA database. Defaults to `UTC`.
    pub time_zone: String,
    /// What becomes of missed ticks. Defaults to [`Missed::Coalesce`].
    pub missed: Missed,
}

impl Cron {
    /// By a pattern, in UTC. See [`CronPattern`](super::CronPattern) for what it may be.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), time_zone: "UTC".to_owned(), missed: Missed::default() }
    }

    /// Again and again after this interval, counted from tick to tick and first from when it is
    /// scheduled; whole milliseconds, at least a second. The same as the pattern `@every 90s`, for
    /// which the units are `ms`, `s`, `m` and `h`.
    pub fn every(interval: Duration) -> Self {
        Self::new(every::text(interval))
    }

    /// By the clocks of this zone, such as `Europe/Berlin`. Defaults to UTC.
    ///
    /// When those clocks are put forward, the ticks of the skipped time become one, at the first
    /// instant after it. When they are put back, each time of the repeated stretch ticks once, at its
    /// first occurrence: a cron that should never pause for an hour is one in UTC, or an
    /// [interval](Self::every).
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = name.into();
        self
    }

    /// What becomes of ticks that were missed. Defaults to [`Missed::Coalesce`].
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }
}

/// What becomes of the ticks of a cron that were missed: that nobody looked at in time, because no
/// pool ran, the store was out of reach, or the cron was paused.
///
/// A tick is missed once the one after it has passed as well, or when it is found more than a minute
/// late. A task that waits because all workers are busy, or because no pool works on its task type
/// while others run, is not a missed tick: it runs when its turn comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// All missed ticks become one: the task that was waiting when they were missed runs late. The
    /// default.
    #[default]
    Coalesce,
    /// Missed ticks are dropped, the task that was waiting with them. A pool looks at the crons before it
    /// claims its first task, so that one is dropped before it is run; only under a pool that goes on
    /// through an outage of its database may it be claimed first.
    Skip,
    /// Of the missed ticks, this many of the newest are run, each as a task; at most
    /// [`MAX_CATCH_UP`](Self::MAX_CATCH_UP).
    CatchUp(u32),
}

impl Missed {
    /// How many ticks are caught up at most, whatever the cron says: they are one statement.
    pub const MAX_CATCH_UP: u32 = 1000;

    /// How many missed ticks are run as tasks of their own, unless they become one.
    pub(crate) fn caught_up(self) -> Option<usize> {
        match self {
            Self::Coalesce => None,
            Self::Skip => Some(0),
            Self::CatchUp(ticks) => Some(ticks.min(Self::MAX_CATCH_UP) as usize),
        }
    }

    /// As stores keep it.
    pub fn as_text(self) -> Cow<'static, str> {
        match self {
            Self::Coalesce => "coalesce".into(),
            Self::Skip => "skip".into(),
            Self::CatchUp(ticks) => format!("catch_up {ticks}").into(),
        }
    }

    /// From how stores keep it. What another version may have written coalesces.
    pub fn from_text(text: &str) -> Self {
        let ticks = || text.strip_prefix("catch_up ")?.parse().ok();
        match text {
            "skip" => Self::Skip,
            _ => ticks().map_or(Self::Coalesce, Self::CatchUp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_policy_comes_back_from_its_text() {
        for missed in [Missed::Coalesce, Missed::Skip, Missed::CatchUp(0), Missed::CatchUp(7)] {
            assert_eq!(Missed::from_text(&missed.as_text()), missed);
        }
        assert_eq!(Missed::from_text("of another version"), Missed::Coalesce);
    }
}
