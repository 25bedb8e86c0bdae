//! Rows that the server refuses to change, as a trigger of the application may: a statement over many rows leaves them
//! out, so that the others do not wait for them.

mod cause;
mod small_tables;

use crate::database::{Database, RowOf};
use crate::row::get;
use crate::session::Connections;
use crate::settings::{Role, STATEMENT_LIMIT};
use crate::sql::only_rows;
use crate::statement::{Answer, Statement, Wanted};
use crate::value::Value;
use cause::{is_lasting, may_be_a_row, of_a_row};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::halving::{Halving, Refused};
use fang_core::notify::{Notice, Topic};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// At most this many rows are remembered. All their ids are sent with each claim.
const MAX_ROWS: usize = 1_000;

/// If no more can be remembered, a statement still passes this many refused rows. The next one meets them again.
const AT_LEAST: usize = 10;

/// The first refusal of a row leaves it out for this long. Each further one doubles the time ...
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// ... up to this. A row is forgotten this long after the end of its last pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// So many rows are refused alone, by errors that should pass, before the search ends, if none was taken meanwhile. Then the
/// rows are probably not the reason.
const MOST_DOUBTFUL: usize = 4;

/// ... unless as many searches found the same: then the rows are the reason after all.
const DOUBTFUL_TRIES: u32 = 3;

/// At most this many doubtful rows are remembered between searches.
const MAX_DOUBTFUL: usize = 100;

/// If the statement took long, the engine searches for this many times as long.
const SEARCH_TIMES: u32 = 10;

/// The search for refused rows ends this long after the statement began, because the heart may wait for it. The next
/// statement goes on with it.
pub(crate) const AT_MOST: Duration = Duration::from_secs(5);

/// The rows that the server refused to change.
#[derive(Debug, Default)]
pub(crate) struct RefusedRows {
    rows: Mutex<Vec<RefusedRow>>,
    /// In how many searches a row was refused alone, though no other row was taken. The oldest comes first.
    doubtful: Mutex<Vec<(Uuid, u32)>>,
    /// Whether the log tells that no more rows can be remembered.
    is_full: AtomicBool,
    /// The other tables of which the log tells that a row was refused.
    tables: Mutex<HashSet<&'static str>>,
}

#[derive(Debug)]
struct RefusedRow {
    id: Uuid,
    pause: Duration,
    again_at: Instant,
}

impl RefusedRows {
    /// The rows to leave out now.
    pub(crate) fn left_out(&self, now: Instant) -> Vec<Uuid> {
        self.rows().iter().filter(|row| row.again_at > now).map(|row| row.id).collect()
    }

    /// All rows that are remembered. After its pause, a row must not run before its claim is written.
    pub(crate) fn known(&self) -> HashSet<Uuid> {
        self.rows().iter().map(|row| row.id).collect()
    }

    /// Leaves a row out from now on. Returns whether it is a new one, for which there was room.
    pub(crate) fn add(&self, now: Instant, id: Uuid) -> bool {
        let mut rows = self.rows();
        if let Some(row) = rows.iter_mut().find(|row| row.id == id) {
            row.pause = (row.pause * 2).min(LONGEST_PAUSE);
            row.again_at = now + row.pause;
            return false;
        }
        if rows.len() >= MAX_ROWS
            && let Some(due) = rows.iter().position(|row| row.again_at <= now)
        {
            rows.swap_remove(due);
        }
        let has_room = rows.len() < MAX_ROWS;
        if has_room {
            rows.push(RefusedRow { id, pause: FIRST_PAUSE, again_at: now + FIRST_PAUSE });
        }
        drop(rows);
        self.tell(has_room);
        has_room
    }

    /// Counts that a row was refused alone by an error that should pass, when no other row was taken. Returns whether the
    /// row is the reason: it was so in as many searches as are needed.
    fn is_proven(&self, id: Uuid) -> bool {
        let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        let known = doubtful.iter().position(|row| row.0 == id);
        let tries = known.map_or(0, |at| doubtful.remove(at).1) + 1;
        if tries < DOUBTFUL_TRIES {
            if doubtful.len() >= MAX_DOUBTFUL {
                doubtful.remove(0);
            }
            doubtful.push((id, tries));
        }
        tries >= DOUBTFUL_TRIES
    }

    /// How many rows more may be left out. Forgets the old ones.
    fn room(&self, now: Instant) -> usize {
        let mut rows = self.rows();
        rows.retain(|row| row.again_at + LONGEST_PAUSE > now);
        MAX_ROWS - rows.iter().filter(|row| row.again_at > now).count()
    }

    /// Logs once that there is no room, until there is room again.
    fn tell(&self, has_room: bool) {
        let was_full = self.is_full.swap(!has_room, Ordering::Relaxed);
        if !has_room && !was_full {
            log::error!(
                "the database refuses to change more than {MAX_ROWS} tasks; the others are tried again with each \
                 statement, and may hold up those behind them"
            );
        }
    }

    /// Logs once for each table that a row of it cannot be changed.
    fn tell_of_table(&self, table: &'static str, error: &StoreError) {
        if self.is_news(table) {
            log::error!(
                "the database refuses to change or remove a row of {table}, which is passed over and tried again \
                 later: {error}"
            );
        }
    }

    /// Logs once for each table that no row of it can be removed.
    pub(crate) fn tell_of_whole_table(&self, table: &'static str, error: &StoreError) {
        if error.is_refusal() && self.is_news(table) {
            log::error!("no row of {table} can be removed, so the table grows: {error}");
        }
    }

    /// Whether nothing was logged under this name before: that of a table, or of a statement.
    pub(crate) fn is_news(&self, name: &'static str) -> bool {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(name)
    }

    fn rows(&self) -> MutexGuard<'_, Vec<RefusedRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A statement over many rows. The last parameter of both texts is the ids of rows that they leave out.
pub(crate) struct ManyRows<'a> {
    pub(crate) role: Role,
    pub(crate) sql: &'a str,
    /// All but the last.
    pub(crate) params: &'a [&'a dyn Value],
    pub(crate) wanted: Wanted,
    /// Selects the ids of the rows that the statement may be about.
    pub(crate) ids: (&'a str, &'a [&'a dyn Value]),
    pub(crate) began: Instant,
}

impl ManyRows<'_> {
    /// The statement for all rows but these.
    pub(crate) fn all_but(&self, left_out: &[Uuid]) -> Result<Statement<'_>, StoreError> {
        with_ids(self.sql, self.params, left_out, self.wanted)
    }
}

/// A statement with these ids as its last parameter.
pub(crate) fn with_ids<'s>(
    sql: &'s str,
    params: &[&dyn Value],
    ids: &[Uuid],
    wanted: Wanted,
) -> Result<Statement<'s>, StoreError> {
    let mut all = params.to_vec();
    let ids = ids.to_vec();
    all.push(&ids);
    Statement::new(sql, &all, wanted)
}

impl<C: Connections> Database<C> {
    /// Runs a statement for all rows but those that are left out. If the server refuses it because of some rows, these
    /// are left out from now on. There may be an answer for each of several parts of the rows. If a later part fails,
    /// the next statement finds its rows again.
    pub(crate) async fn run_many(&self, many: &ManyRows<'_>) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let statement = many.all_but(&self.refused.left_out(many.began))?;
        let outcome = self.answer(many.role, statement).await;
        self.or_in_pieces(many, outcome).await
    }

    /// How many rows a statement over many changed, by [`run_many`](Self::run_many).
    pub(crate) async fn count_many(&self, many: &ManyRows<'_>) -> Result<u64, StoreError> {
        Ok(self.run_many(many).await?.iter().map(|answer| answer.count).sum())
    }

    /// The outcome of a statement, or, if the server refused it because of some rows, the answers for the others.
    pub(crate) async fn or_in_pieces(
        &self,
        many: &ManyRows<'_>,
        outcome: Result<Answer<RowOf<C>>, StoreError>,
    ) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let refusal = match outcome {
            Ok(answer) => return Ok(vec![answer]),
            Err(error) => error,
        };
        let only = only_rows(many.sql);
        let limit = time_for_search(many.role, many.began.elapsed());
        // Without any row the server refuses it for another reason.
        if !may_be_a_row(&refusal)
            || limit.is_zero()
            || self.answer(many.role, with_ids(&only, many.params, &[], many.wanted)?).await.is_err()
        {
            return Err(refusal);
        }
        if refusal.nature() == Nature::Passing {
            // The session may have ended after the commit: pools look for claims whose answer was lost.
            self.connections.listeners().notify(&Topic::ListensAnew, Notice::Single);
        }
        self.in_pieces(many, &only, limit, refusal).await
    }

    /// The answers for all rows but those that are refused alone.
    async fn in_pieces(
        &self,
        many: &ManyRows<'_>,
        only: &str,
        limit: Duration,
        refusal: StoreError,
    ) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let began = Instant::now();
        let mut halving = Halving::up_to(self.refused.room(many.began).max(AT_LEAST), self.ids(many).await?);
        let (mut answers, mut doubtful) = (Vec::new(), Vec::new());
        while began.elapsed() < limit
            && (!answers.is_empty() || doubtful.len() < MOST_DOUBTFUL)
            && let Some(piece) = halving.next_piece()
        {
            let sent_at = Instant::now();
            let statement = with_ids(only, many.params, &piece.items, many.wanted)?;
            match self.answer(many.role, statement).await {
                Ok(answer) => answers.push(answer),
                Err(error) if may_be_a_row(&error) && sent_at.elapsed() < STATEMENT_LIMIT => {
                    match (&*piece.items, of_a_row(error)) {
                        ([id], error) if is_lasting(&error) => self.leave_out(*id, &error),
                        ([id], error) => doubtful.push((*id, error)),
                        _ => {}
                    }
                    halving.refused(piece);
                }
                Err(error) if answers.is_empty() => return Err(error),
                Err(error) => {
                    log::debug!("a statement changed some of its rows, and then failed: {error}");
                    break;
                }
            }
        }
        let Refused { rest, .. } = halving.end();
        if answers.is_empty() && !(rest.is_empty() && doubtful.is_empty()) {
            let proven = doubtful.into_iter().filter(|(id, _)| self.refused.is_proven(*id));
            proven.for_each(|(id, error)| self.leave_out(id, &error));
            return Err(refusal);
        }
        doubtful.iter().for_each(|(id, error)| self.leave_out(*id, error));
        Ok(answers)
    }

    /// The rows that a statement may be about, without those that are left out.
    async fn ids(&self, many: &ManyRows<'_>) -> Result<Vec<Uuid>, StoreError> {
        let (sql, params) = many.ids;
        let statement = with_ids(sql, params, &self.refused.left_out(many.began), Wanted::Rows)?;
        self.query(many.role, statement).await?.iter().map(|row| get(row, 0)).collect()
    }

    fn leave_out(&self, id: Uuid, error: &StoreError) {
        if self.refused.add(Instant::now(), id) {
            log::error!(
                "the database refuses to change task {id}, which is left out and tried again later: {error}"
            );
        }
    }
}

/// How long to search for refused rows after a statement that took this long. Nobody waits for the engine, so it finds a row
/// that is refused only after seconds. A statement that ran into its time limit may have waited for a lock.
fn time_for_search(role: Role, took: Duration) -> Duration {
    match role {
        _ if took >= STATEMENT_LIMIT => Duration::ZERO,
        Role::Engine => AT_MOST.max(took * SEARCH_TIMES),
        _ => AT_MOST.saturating_sub(took),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_engine_searches_for_long_and_nobody_after_a_time_limit() {
        let times = |role| [1, 6, 30].map(|took| time_for_search(role, Duration::from_secs(took)).as_secs());
        assert_eq!((times(Role::Engine), times(Role::Heart)), ([10, 60, 0], [4, 0, 0]));
    }

    #[test]
    fn a_refused_row_is_left_out_for_a_time_that_grows_and_told_once() {
        let (rows, mut now, id) = (RefusedRows::default(), Instant::now(), Uuid::nil());
        assert!(rows.add(now, id));
        for pause in [10, 20, 40, 80, 160, 300, 300].map(Duration::from_secs) {
            assert_eq!(rows.left_out(now + pause - Duration::from_millis(1)), [id]);
            now += pause;
            assert!(rows.left_out(now).is_empty());
            assert!(!rows.add(now, id));
        }
    }

    #[test]
    fn a_doubtful_row_is_proven_by_three_searches_and_few_are_remembered() {
        let rows = RefusedRows::default();
        let proven = |number: usize| rows.is_proven(Uuid::from_u128(number as u128));
        assert_eq!([1, 2, 1, 2, 1, 1].map(proven), [false, false, false, false, true, false]);
        (0..MAX_DOUBTFUL).for_each(|number| {
            proven(10 + number);
        });
        assert_eq!([proven(2), proven(2)], [false, false], "it was forgotten");
    }

    #[test]
    fn rows_left_out_are_bounded_and_forgotten_when_no_longer_refused() {
        let (rows, now) = (RefusedRows::default(), Instant::now());
        (0..MAX_ROWS as u128 + 50).for_each(|number| {
            rows.add(now, Uuid::from_u128(number));
        });
        assert_eq!((rows.left_out(now).len(), rows.room(now)), (MAX_ROWS, 0));
        let later = now + FIRST_PAUSE + LONGEST_PAUSE;
        assert_eq!(rows.room(later), MAX_ROWS);
        assert!(rows.add(later, Uuid::nil()), "it was forgotten");
    }
}
