//! Written claims, and the parameters that lock-claims share with them.

use crate::database::{Database, RowOf};
use crate::refused::{AT_MOST, ManyRows};
use crate::row::{claimed, get, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::{Answer, Statement, Wanted};
use crate::value::{Instant as SqlInstant, Value};
use fang_core::StoreError;
use fang_core::store::{Claim, ClaimedTasks, micros};
use std::time::Instant;

/// If the server refuses to change all rows that it finds, it goes on with those behind them.
pub(crate) async fn claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<ClaimedTasks, StoreError> {
    let began = Instant::now();
    loop {
        let left_out = db.refused.left_out(began).len();
        let claimed = claim_once(db, claim).await?;
        let has_more = claimed.tasks.is_empty() && db.refused.left_out(began).len() > left_out;
        if !has_more || began.elapsed() > AT_MOST {
            return Ok(claimed);
        }
    }
}

async fn claim_once<C: Connections>(db: &Database<C>, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError> {
    db.look_at_lists().await;
    let answers = send_claim(db, claim).await;
    let rows = answers.map(|answers| answers.into_iter().flat_map(|answer| answer.rows).collect::<Vec<_>>());
    db.first.learn(&rows);
    let mut told = ClaimedTasks::default();
    for row in &rows? {
        if get(row, 11)? {
            told.tasks.push(claimed(row)?);
        } else if !claim.within.is_zero() {
            // A task that was claimed for another worker has no time.
            told.next_in = get::<Option<f64>>(row, 12)?.map(span).or(told.next_in);
        }
    }
    Ok(told)
}

/// A crowded claim first takes an advisory lock, in a transaction whose next statement sees all claims made
/// meanwhile. A lock-claim finds the same rows, but changes none.
async fn send_claim<C: Connections>(
    db: &Database<C>,
    claim: &Claim<'_>,
) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
    let params = ClaimParams::new(claim, db.first.transaction()).not_shared();
    let (all, with_next) = (params.all(), params.with_next());
    let (sql, own): (_, &[&dyn Value]) = match claim.within.is_zero() {
        true => (&db.sql.claim, &all[..7]),
        false => (&db.sql.claim_with_next, &with_next),
    };
    let many = ManyRows {
        role: Role::Engine,
        sql,
        params: own,
        wanted: Wanted::Rows,
        ids: (&db.sql.lock_claim, &all),
        began: Instant::now(),
    };
    if !claim.crowded {
        return db.run_many(&many).await;
    }
    let statement = many.all_but(&db.refused.left_out(many.began))?;
    let outcome = db.together(many.role, [params.crowd(&db.sql.crowd_lock)?, statement]).await;
    db.or_in_pieces(&many, outcome).await
}

/// The parameters of `claim.sql` and `lock_claim.sql`, but for the last: the rows that they leave out. One array for each
/// column of the scan ranges.
pub(crate) struct ClaimParams<'a> {
    claim: &'a Claim<'a>,
    modes: Vec<i16>,
    priorities: Vec<i16>,
    floors: Vec<SqlInstant>,
    /// Whether a claim may begin where another left off; for `lock_claim.sql` alone.
    shared: Vec<bool>,
    limit: i64,
    first_listed: i64,
    /// How far ahead to look for the next task, in microseconds.
    within: i64,
}

impl<'a> ClaimParams<'a> {
    pub(crate) fn new(claim: &'a Claim<'a>, first_listed: i64) -> Self {
        let ranges = || claim.ranges.iter();
        Self {
            claim,
            modes: ranges().map(|range| range.mode as i16).collect(),
            priorities: ranges().map(|range| range.priority as i16).collect(),
            floors: ranges().map(|range| SqlInstant(range.floor)).collect(),
            shared: ranges().map(|range| range.is_shared).collect(),
            limit: i64::try_from(claim.limit).unwrap_or(i64::MAX),
            first_listed,
            within: micros(claim.within),
        }
    }

    /// The same, beginning at the floors of the claim alone.
    fn not_shared(mut self) -> Self {
        self.shared.fill(false);
        self
    }

    /// The statement `crowd_lock.sql`, `crowd_lock_session.sql` or `crowd_unlock.sql`.
    pub(crate) fn crowd<'s>(&self, sql: &'s str) -> Result<Statement<'s>, StoreError> {
        Statement::count(sql, &[&self.claim.task_type, &self.claim.worker.0])
    }

    /// The parameters of `lock_claim.sql`. All but the last of these are those of `claim.sql`.
    pub(crate) fn all(&self) -> [&dyn Value; 8] {
        let Self { claim, modes, priorities, floors, shared, limit, first_listed, .. } = self;
        [&claim.worker.0, &claim.task_type, modes, priorities, floors, limit, first_listed, shared]
    }

    /// The parameters of `claim_with_next.sql`.
    fn with_next(&self) -> [&dyn Value; 8] {
        let mut params = self.all();
        params[7] = &self.within;
        params
    }
}
