/// Why a schedule cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The task has no schedule: its `cron()` returns `None`.
    #[error("the task has no schedule; implement `cron()` for it, or use insert_task")]
    Missing,
    /// The text is not a valid cron pattern. See [`Cron::new`](crate::Cron::new).
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
    /// The interval is shorter than a second, too long, or not a whole number of `ms`, `s`, `m` or `h`.
    #[error(
        "the interval {pattern:?} cannot be followed: {reason}; write one of a second or more, such as @every 90s"
    )]
    Interval {
        /// The interval, as a pattern.
        pattern: String,
        /// The reason.
        reason: &'static str,
    },
    /// The time zone is not a name of the IANA database. Upper and lower case matter.
    #[error(
        "the time zone {time_zone:?} is not known; use a name of the IANA database, such as Europe/Berlin"
    )]
    TimeZone {
        /// The name.
        time_zone: String,
    },
    /// The cron has no future tick, such as on 30 February or in a past year.
    #[error("the cron pattern {pattern:?} never fires again; check its day, month and year")]
    NeverFires {
        /// The pattern.
        pattern: String,
    },
    /// The name of a cron that is made by hand is not valid.
    #[error(
        "the name {name:?} cannot be that of a cron; write letters, digits, '-', '_' and '.', at most 100"
    )]
    CronName {
        /// The name.
        name: String,
    },
}
