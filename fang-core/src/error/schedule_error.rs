/// A schedule that cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The task has no schedule.
    #[error("the task has no schedule; implement `cron()` for it, or use insert_task")]
    Missing,
    /// The cron pattern is not one.
    #[error(
        "the cron pattern {pattern:?} is not valid: {reason}; write 5 fields (minute hour day month \
         weekday), 6 (with seconds first) or 7 (with the year last)"
    )]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The cron pattern matches no instant any more.
    #[error("the cron pattern {pattern:?} never fires again; check its day, month and year")]
    NeverFires {
        /// The pattern.
        pattern: String,
    },
}
