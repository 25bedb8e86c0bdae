//! What becomes of a task after a run. Only this file knows retries, backoff and retention.

use super::shortened::shortened;
use fang_core::backoff::exponential;
use fang_core::context::Wish;
use fang_core::error::FangError;
use fang_core::kind::Undecodable;
use fang_core::retention::RetentionMode;
use fang_core::runnable::DEFAULT_MAX_RETRIES;
use fang_core::store::{Claimed, DbInstant, Verdict};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// A task of an unknown kind waits at least this long before it may be claimed again ...
pub const SHORTEST_UNKNOWN_DELAY: Duration = Duration::from_secs(15);
/// ... and at most this long ...
pub const LONGEST_UNKNOWN_DELAY: Duration = Duration::from_secs(5 * 60);
/// ... until it fails after this long in all. By then a rolling deploy is over.
pub const UNKNOWN_FOR_GOOD: Duration = Duration::from_secs(24 * 60 * 60);

/// A snoozed task waits at least this long.
const SHORTEST_SNOOZE: Duration = Duration::from_millis(1);

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// It returned an error, or panicked.
    Failed {
        /// Why.
        error: String,
        /// How often the task may be retried.
        max_retries: i32,
        /// How long the task waits before the retry.
        backoff: Duration,
    },
    /// It returned, and the task had called `snooze` or `cancel`.
    Wished(Wish),
    /// Its payload could not be decoded.
    Undecodable(Undecodable),
    /// It was not begun in time, so it did not run.
    Expired(DbInstant),
    /// It was claimed, but not run to its end.
    HandedBack,
    /// Its task was cancelled while it ran.
    Cancelled,
}

impl Outcome {
    /// The outcome of a run whose task was cancelled meanwhile. A success counts, and so does a cancellation by the
    /// task itself, with its reason. Any other outcome becomes a cancellation, so that the task does not run again.
    pub fn of_cancelled(self) -> Self {
        match self {
            Self::Done | Self::Wished(Wish::Cancel(_)) => self,
            _ => Self::Cancelled,
        }
    }
}

/// What becomes of a task after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It succeeded.
    Succeeded,
    /// It failed and will run again.
    Retried {
        /// How long it waits before that.
        delay: Duration,
        /// Why it failed.
        error: String,
    },
    /// It failed for good.
    Failed {
        /// Why.
        error: String,
    },
    /// It was not begun in time, and fails for good.
    Expired {
        /// The error message to keep.
        error: String,
    },
    /// It was cancelled, from outside or by itself.
    Cancelled {
        /// The error message to keep.
        error: String,
    },
    /// It asked to run again later, as if it had not run.
    Snoozed {
        /// How long it waits.
        delay: Duration,
    },
    /// It waits again, since its pool stops.
    HandedBack,
    /// It waits for a program or a pool that knows its kind.
    LeftToOthers {
        /// How long it waits before the next try.
        delay: Duration,
        /// Why it did not run here.
        error: String,
    },
}

/// What becomes of `task` after a run with this outcome.
pub fn ending(task: &Claimed, outcome: Outcome) -> Ending {
    match outcome {
        Outcome::Done => Ending::Succeeded,
        Outcome::Failed { error, max_retries, backoff }
            if task.retries < task.max_retries.unwrap_or(max_retries) =>
        {
            Ending::Retried { delay: backoff, error: storable(error) }
        }
        Outcome::Failed { error, .. } => failed_for_good(error),
        // Without a delay it would keep its place before all other tasks and run next.
        Outcome::Wished(Wish::Snooze(delay)) => Ending::Snoozed { delay: delay.max(SHORTEST_SNOOZE) },
        Outcome::Wished(Wish::Cancel(reason)) => {
            Ending::Cancelled { error: storable(format!("cancelled: {reason}")) }
        }
        Outcome::Undecodable(Undecodable::Malformed(misfit)) => {
            failed_for_good(format!("the payload cannot be decoded: {misfit}"))
        }
        Outcome::Undecodable(Undecodable::Newer(misfit)) => {
            let error = format!(
                "the payload cannot be decoded, and may be that of a newer program: {misfit}; deploy that program, \
                 or remove the task"
            );
            for_others(task, error)
        }
        Outcome::Undecodable(Undecodable::UnknownKind(kind)) => for_others(
            task,
            format!(
                "no task of the kind {kind:?} is registered in this program; if a crate of the program defines it, \
                 name that crate (`use jobs as _;`) or `register` the kind with the pool; else deploy a program that \
                 has it, or remove the task"
            ),
        ),
        Outcome::Undecodable(Undecodable::NotAllowed(kind)) => for_others(
            task,
            format!(
                "this pool does not run tasks of the kind {kind:?}; start one that does, or remove the task"
            ),
        ),
        Outcome::Expired(at) => Ending::Expired { error: describe_expiry(at) },
        Outcome::HandedBack => Ending::HandedBack,
        Outcome::Cancelled => Ending::Cancelled { error: "cancelled".to_owned() },
    }
}

impl Ending {
    /// The verdict to write for the task, if its kind says that it is kept for `keep`, and given whether its run was
    /// begun.
    ///
    /// ```
    /// use fang_core::{RetentionMode, store::Verdict};
    /// use fang_engine::policy::decide::Ending;
    ///
    /// assert_eq!(Ending::Succeeded.verdict(RetentionMode::KeepAll, None, true), Verdict::Keep);
    /// assert_eq!(Ending::Succeeded.verdict(RetentionMode::RemoveFinished, None, true), Verdict::Remove);
    /// ```
    pub fn verdict(self, retention: RetentionMode, keep: Option<Duration>, has_begun: bool) -> Verdict {
        match self {
            Self::Succeeded => success(retention, keep),
            Self::Retried { delay, error } => Verdict::Retry { delay, error },
            Self::Failed { error } | Self::Cancelled { error } | Self::Expired { error } => {
                match retention.keeps_failed() || keep.is_some() {
                    true => Verdict::Fail { error },
                    false => Verdict::Remove,
                }
            }
            Self::Snoozed { delay } => Verdict::Release { delay, has_begun },
            Self::HandedBack => Verdict::Release { delay: Duration::ZERO, has_begun },
            Self::LeftToOthers { delay, error } => Verdict::Unknown { delay, error },
        }
    }
}

/// The verdict for a success, if the kind of the task says that it is kept for `keep`.
pub fn success(retention: RetentionMode, keep: Option<Duration>) -> Verdict {
    if retention.keeps_finished() || keep.is_some() { Verdict::Keep } else { Verdict::Remove }
}

/// A failure of a task that cannot be asked for its backoff now, given its retries if it was asked before.
pub fn failed_by_default(error: String, max_retries: Option<i32>) -> Outcome {
    let (default, backoff) = default_choices();
    Outcome::Failed { error, max_retries: max_retries.unwrap_or(default), backoff }
}

/// How often a task may be retried that cannot be asked, and how long it waits.
pub fn default_choices() -> (i32, Duration) {
    (DEFAULT_MAX_RETRIES, Duration::from_secs(exponential(4).into()))
}

/// The outcome of a run that returned or panicked, given the wish of its task.
///
/// # Errors
/// The error that it returned, or the message of its panic.
pub fn ended(
    result: Result<Result<(), FangError>, Box<dyn Any + Send>>,
    wish: Option<Wish>,
) -> Result<Outcome, String> {
    match (result, wish) {
        (Err(panic), _) => Err(describe_panic(panic.as_ref())),
        (Ok(_), Some(wish)) => Ok(Outcome::Wished(wish)),
        (Ok(Ok(())), None) => Ok(Outcome::Done),
        (Ok(Err(FangError { description })), None) => Err(description),
    }
}

/// The wish of a run that then returned an error. The row of a cancelled task keeps both texts.
pub fn wished_and_failed(wish: Wish, error: &str) -> Outcome {
    Outcome::Wished(match wish {
        Wish::Cancel(reason) => Wish::Cancel(format!("{reason}; the run returned: {error}")),
        snooze @ Wish::Snooze(_) => snooze,
    })
}

/// A failure of a task that is asked how often it may be retried and how long it waits, given its retries so far.
/// That is code of the application, so it may panic too.
pub fn failed(task: &Claimed, error: String, choices: impl FnOnce(u32) -> (i32, Duration)) -> Outcome {
    let retries = u32::try_from(task.retries).unwrap_or_default();
    match catch_unwind(AssertUnwindSafe(|| choices(retries))) {
        Ok((max_retries, backoff)) => Outcome::Failed { error, max_retries, backoff },
        Err(_) => failed_by_default(error, None),
    }
}

/// The error text for a panic.
pub fn describe_panic(panic: &(dyn Any + Send)) -> String {
    format!("the task panicked: {}", panic_message(panic))
}

/// The message of a panic.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let message = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("without a message")
}

/// The error text for a run that took too long and was dropped.
pub fn describe_timeout(timeout: Duration) -> String {
    format!("it took longer than its timeout of {timeout:?}")
}

/// The error text for a task that was not begun in time.
fn describe_expiry(at: DbInstant) -> String {
    format!("expired: it was to begin by {}", at.to_datetime().format("%Y-%m-%d %H:%M:%S%.3f UTC"))
}

/// The verdicts to try when the store refuses this one: first the same with a plain error text, then a failure. So the
/// task is not left in progress, and does not run again.
pub fn alternatives(verdict: &Verdict) -> Vec<Verdict> {
    let plain = "its error message could not be saved".to_owned();
    let failed = Verdict::Fail { error: "it ran to its end, but the database refused its result".to_owned() };
    match verdict {
        Verdict::Retry { delay, .. } => vec![Verdict::Retry { delay: *delay, error: plain }, failed],
        Verdict::Unknown { delay, .. } => vec![Verdict::Unknown { delay: *delay, error: plain }],
        Verdict::Fail { .. } => vec![Verdict::Fail { error: plain }],
        Verdict::Remove | Verdict::Keep => vec![failed],
        Verdict::Release { has_begun, .. } => {
            vec![Verdict::Release { delay: Duration::ZERO, has_begun: *has_begun }]
        }
    }
}

fn failed_for_good(error: String) -> Ending {
    Ending::Failed { error: storable(error) }
}

/// Leaves the task to other programs. The delay is as long as its kind has been unknown, so that it doubles up to
/// the longest.
fn for_others(task: &Claimed, error: String) -> Ending {
    let unknown_for = task.unknown_for.unwrap_or_default();
    if unknown_for >= UNKNOWN_FOR_GOOD {
        return failed_for_good(error);
    }
    let delay = unknown_for.clamp(SHORTEST_UNKNOWN_DELAY, LONGEST_UNKNOWN_DELAY);
    Ending::LeftToOthers { delay, error: storable(error) }
}

/// Postgres cannot store NUL in a text, and long messages help no reader.
fn storable(mut error: String) -> String {
    if error.contains('\0') {
        error.retain(|character| character != '\0');
    }
    error.truncate(shortened(&error).len());
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::shortened::MAX_ERROR_BYTES;
    use crate::state::example;
    use proptest::prelude::*;

    fn decide(task: &Claimed, outcome: Outcome, retention: RetentionMode) -> Verdict {
        ending(task, outcome).verdict(retention, None, false)
    }

    fn task(retries: i32) -> Claimed {
        Claimed { retries, ..example() }
    }

    fn failed(error: &str) -> Outcome {
        Outcome::Failed { error: error.into(), max_retries: 2, backoff: Duration::from_secs(4) }
    }

    #[test]
    fn a_failure_is_retried_until_no_retries_are_left() {
        let verdicts =
            [0, 1, 2].map(|n| decide(&task(n), failed("no"), RetentionMode::RemoveFinished).code());
        assert_eq!(verdicts, [2, 2, 3]);
    }

    #[test]
    fn a_task_that_may_never_retry_fails_at_once() {
        let outcome = Outcome::Failed { error: "no".into(), max_retries: 0, backoff: Duration::ZERO };
        let verdict = decide(&task(0), outcome, RetentionMode::KeepAll);
        assert_eq!(verdict, Verdict::Fail { error: "no".into() });
    }

    #[test]
    fn remove_all_removes_the_failed_too() {
        assert_eq!(decide(&task(2), failed("no"), RetentionMode::RemoveAll), Verdict::Remove);
        assert_eq!(decide(&task(0), failed("no"), RetentionMode::RemoveAll).code(), 2);
    }

    #[test]
    fn an_unknown_kind_waits_longer_each_time_and_fails_after_a_day() {
        let waits = [0, 15, 40, 1000, 90_000].map(|seconds| {
            let task = Claimed { unknown_for: Some(Duration::from_secs(seconds)), ..task(0) };
            let outcome = Outcome::Undecodable(Undecodable::UnknownKind("New".into()));
            decide(&task, outcome, RetentionMode::RemoveFinished).delay().map(|delay| delay.as_secs())
        });
        assert_eq!(waits, [Some(15), Some(15), Some(40), Some(300), None]);
    }

    #[test]
    fn a_wish_goes_before_the_result_and_costs_no_retry() {
        let outcome = Outcome::Wished(Wish::Snooze(Duration::from_secs(9)));
        let verdict = decide(&task(20), outcome, RetentionMode::RemoveAll);
        assert_eq!(verdict, Verdict::Release { delay: Duration::from_secs(9), has_begun: false });
    }

    #[test]
    fn a_task_that_was_not_begun_in_time_fails_for_good_and_says_by_when() {
        let verdict = decide(&task(0), Outcome::Expired(DbInstant(1_500_000)), RetentionMode::RemoveFinished);
        assert_eq!(
            verdict,
            Verdict::Fail { error: "expired: it was to begin by 2000-01-01 00:00:01.500 UTC".into() }
        );
    }

    #[test]
    fn a_kind_that_is_kept_is_removed_in_no_retention_mode() {
        let keep = Some(Duration::ZERO);
        let outcomes = [Outcome::Done, failed("no"), Outcome::Cancelled, Outcome::Expired(DbInstant::MIN)];
        let codes = outcomes
            .map(|outcome| ending(&task(9), outcome).verdict(RetentionMode::RemoveAll, keep, true).code());
        assert_eq!(codes, [1, 3, 3, 3]);
    }

    #[test]
    fn a_cancelled_run_keeps_its_success_and_never_runs_again() {
        let outcomes = [
            Outcome::Done,
            failed("no"),
            Outcome::HandedBack,
            Outcome::Wished(Wish::Snooze(Duration::ZERO)),
            Outcome::Undecodable(Undecodable::UnknownKind("New".into())),
        ];
        let verdicts = outcomes
            .map(|outcome| decide(&task(0), outcome.of_cancelled(), RetentionMode::RemoveFinished).code());
        assert_eq!(verdicts, [0, 3, 3, 3, 3]);
        let own = Outcome::Wished(Wish::Cancel("no such feed".into())).of_cancelled();
        let verdict = decide(&task(0), own, RetentionMode::RemoveFinished);
        assert_eq!(verdict.error(), Some("cancelled: no such feed"));
    }

    #[test]
    fn a_refused_verdict_is_replaced_by_others_of_which_none_lets_an_ended_task_run_again() {
        let codes = |verdict: Verdict| alternatives(&verdict).iter().map(Verdict::code).collect::<Vec<_>>();
        assert_eq!([codes(Verdict::Remove), codes(Verdict::Keep)], [[3], [3]]);
        assert_eq!(codes(Verdict::Retry { delay: Duration::ZERO, error: "no".into() }), [2, 3]);
        assert_eq!(codes(Verdict::Fail { error: "no".into() }), [3]);
        assert_eq!(codes(Verdict::Release { delay: Duration::from_secs(1), has_begun: true }), [6]);
    }

    proptest! {
        #[test]
        fn every_kept_error_can_be_stored(error in any::<String>(), repeat in 0_usize..200) {
            let verdict = decide(&task(0), failed(&error.repeat(repeat)), RetentionMode::KeepAll);
            let kept = verdict.error().unwrap();
            prop_assert!(!kept.contains('\0') && kept.len() <= MAX_ERROR_BYTES);
        }
    }
}
