//! The store trait: the verbs of a backend, in batches. Values are decided elsewhere in this crate, and a
//! store does only what must be atomic.

mod admin;
mod batch;
mod claim;
mod control;
mod cron;
mod depth;
mod finish;
mod insert;
mod listen;
mod lock_claims;
mod offers;
mod tables;
mod unserved;
mod verbs;
mod worker;

pub use admin::{Count, Filter, Prune, Removal};
pub use batch::{MAX_INSERT_TRIES, are_new, is_all_or_none};
pub use claim::{Claim, Claimed, DbInstant, ScanRange};
pub use control::{Cancellation, FailedTasks, RETRY_BATCH, RetriedFailed, RetryFailed};
pub use cron::{CronInfo, CronRemoval, Crons, DueCron, NewCron, SavedCron, Tick};
pub use depth::{Capped, Depth};
pub use finish::{Finish, Verdict};
pub use insert::{InsertOutcome, Inserted};
pub use listen::{Heard, Socket};
pub use lock_claims::{LockClaims, LockCommit, LockedTask, Place};
pub use offers::{Feature, Offers};
pub use tables::{OwnResult, Tables};
pub use unserved::{Unserved, UnservedType};
pub use verbs::{NonBlocking, Store};
pub use worker::{Beat, Rescue, Rescued, RescuedTask, WorkerId};

/// A delay in microseconds, the unit of stores. At most a hundred years; longer delays count as that, so that
/// no calendar overflows.
pub fn micros(delay: std::time::Duration) -> i64 {
    const HUNDRED_YEARS: i64 = 100 * 365 * 24 * 60 * 60 * 1_000_000;
    i64::try_from(delay.as_micros()).unwrap_or(HUNDRED_YEARS).min(HUNDRED_YEARS)
}
