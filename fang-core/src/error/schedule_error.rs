/// Why a schedule cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The task has no schedule.
    #[error("the task has no schedule; implement `cron()` for it, or use insert_task")]
    Missing,
    /// The cron pattern is not valid.
    #[error(
        "the cron pattern {pattern:?} is not valid: {reason}; write 5 fields (minute hour day month \
         weekday), 6 (with seconds first) or 7 (with the year last)"
    )]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The reason.
        reason: String,
    },
    /// The interval is not valid.
    #[error("the interval {pattern:?} cannot be followed: {reason}; use a second or more")]
    Interval {
        /// The interval, as a pattern.
        pattern: String,
        /// The reason.
        reason: &'static str,
    },
    /// The time zone is not known.
    #[error(
        "the time zone {time_zone:?} is not known; use a name of the IANA database, such as Europe/Berlin"
    )]
    TimeZone {
        /// The name.
        time_zone: String,
    },
    /// The cron pattern matches no future instant.
    #[error("the cron pattern {pattern:?} never fires again; check its day, month and year")]
    NeverFires {
        /// The pattern.
        pattern: String,
    },
}
