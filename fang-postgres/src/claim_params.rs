//! The parameters of a claim.

use crate::statement::Statement;
use crate::value::{Instant, Value};
use fang_core::StoreError;
use fang_core::store::{Claim, DbInstant, ScanRange, micros};

/// The parameters of `claim.sql` and `lock_claim.sql`, but for the last: the rows that they leave out.
pub(crate) struct ClaimParams<'a> {
    claim: &'a Claim<'a>,
    ranges: RangeColumns,
    floors: Vec<Instant>,
    limit: i64,
    first_listed: i64,
    /// How far ahead to look for the next task, in microseconds.
    within: i64,
}

impl<'a> ClaimParams<'a> {
    pub(crate) fn new(claim: &'a Claim<'a>, first_listed: i64) -> Self {
        let ranges = RangeColumns::new(claim.ranges);
        let floors = ranges.floors.iter().copied().map(Instant).collect();
        let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
        Self { claim, ranges, floors, limit, first_listed, within: micros(claim.within) }
    }

    /// The same, beginning at the floors of the claim alone.
    pub(crate) fn not_shared(mut self) -> Self {
        self.ranges.shared.fill(false);
        self
    }

    /// The statement `crowd_lock.sql`, `crowd_lock_session.sql` or `crowd_unlock.sql`.
    pub(crate) fn crowd<'s>(&self, sql: &'s str) -> Result<Statement<'s>, StoreError> {
        Statement::count(sql, &[&self.claim.task_type, &self.claim.worker.0])
    }

    /// The parameters of `lock_claim.sql`. All but the last of these are those of `claim.sql`.
    pub(crate) fn all(&self) -> [&dyn Value; 8] {
        let Self { claim, ranges, floors, limit, first_listed, .. } = self;
        let RangeColumns { modes, priorities, shared, .. } = ranges;
        [&claim.worker.0, &claim.task_type, modes, priorities, floors, limit, first_listed, shared]
    }

    /// The parameters of `claim_with_next.sql`.
    pub(crate) fn with_next(&self) -> [&dyn Value; 8] {
        let mut params = self.all();
        params[7] = &self.within;
        params
    }
}

/// The scan ranges as parameters of `claim.sql`.
#[derive(Debug)]
pub struct RangeColumns {
    /// The modes.
    pub modes: Vec<i16>,
    /// The priorities.
    pub priorities: Vec<i16>,
    /// The floors.
    pub floors: Vec<DbInstant>,
    /// Whether a claim may begin where another left off; for `lock_claim.sql` alone.
    pub shared: Vec<bool>,
}

impl RangeColumns {
    /// The columns of the ranges.
    pub fn new(ranges: &[ScanRange]) -> Self {
        Self {
            modes: ranges.iter().map(|range| range.mode as i16).collect(),
            priorities: ranges.iter().map(|range| range.priority as i16).collect(),
            floors: ranges.iter().map(|range| range.floor).collect(),
            shared: ranges.iter().map(|range| range.is_shared).collect(),
        }
    }
}
