//! The store trait, and the types of its verbs (methods). A store saves, finds and changes tasks, in batches, and each
//! verb is atomic. Which values are saved is decided elsewhere.

mod admin;
mod batch;
mod change;
mod claim;
mod control;
mod counts;
mod cron;
mod cursor;
mod depth;
mod disown;
mod errors;
mod filter;
mod finding;
mod finish;
mod fleet;
mod histogram;
mod insert;
mod list;
mod listen;
mod lock_claims;
mod non_blocking;
mod offers;
mod overview;
mod page;
mod rates;
mod ready_types;
mod report;
mod running;
mod saved_payload;
mod table_size;
mod tables;
mod tally;
mod unserved;
mod vacuum;
mod verbs;
mod walk;
mod worker;

pub use admin::{Count, Prune, Removal};
pub use batch::{MAX_INSERT_TRIES, are_new, is_all_or_none};
pub use change::{CHANGE_BATCH, Change, ChangeMany, ChangeOutcome, Changed, Changes, Progress};
pub use claim::{Claim, Claimed, ClaimedTasks, DbInstant, ScanRange};
pub use control::{FailedTasks, Pause};
pub use counts::{By, Counts};
pub use cron::{CronInfo, CronRemoval, Crons, DueCron, MISSED_AFTER, NewCron, SavedCron, Tick};
pub use cursor::{Cursor, InvalidCursor};
pub use depth::{Capped, Depth};
pub use disown::Disown;
pub use errors::{ErrorGroup, ErrorGroups};
pub use filter::Filter;
pub use finding::{Finding, Findings, Severity};
pub use finish::{Finish, Verdict};
pub use fleet::{Minute, Minutes, PausedType, Per, WorkerInfo, WorkerRow, WorkerState};
pub use histogram::Histogram;
pub use insert::{InsertOutcome, Inserted};
pub use list::List;
pub use listen::{Heard, Socket};
pub use lock_claims::{LockClaims, LockCommit, LockedTask, Place};
pub use non_blocking::NonBlocking;
pub use offers::{Feature, Offers};
pub use overview::Overview;
pub use page::{MAX_LOOK, MAX_PAGE, MAX_PAGE_BYTES, Matching, PageRequest, TaskPage};
pub use rates::{KindInfo, Rate, TypeInfo};
pub use ready_types::{ReadyLook, ReadyTypes};
pub use report::{Asked, Report, ReportedBeat};
pub use running::{Running, RunningPage};
pub use saved_payload::{SavedPayload, Unreadable};
pub use table_size::TableSize;
pub use tables::{OwnResult, Tables};
pub use tally::Tally;
pub use unserved::{Unserved, UnservedType};
pub use vacuum::{Vacuum, Vacuumed};
pub use verbs::Store;
pub use walk::{Part, Walk};
pub use worker::{Beat, Rescue, Rescued, RescuedTask, WorkerId};

/// A delay in microseconds, the unit of stores. At most a hundred years; longer delays count as that, so that
/// no calendar overflows.
pub fn micros(delay: std::time::Duration) -> i64 {
    const HUNDRED_YEARS: i64 = 100 * 365 * 24 * 60 * 60 * 1_000_000;
    i64::try_from(delay.as_micros()).unwrap_or(HUNDRED_YEARS).min(HUNDRED_YEARS)
}
