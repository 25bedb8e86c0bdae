//! Running tasks and errors.

use crate::database::Database;
use crate::row::{Row, get, instant, task};
use crate::session::Connections;
use crate::statement::Statement;
use crate::value::Instant;
use fang_core::StoreError;
use fang_core::store::{DbInstant, ErrorGroup, ErrorGroups, MAX_PAGE, Running, RunningPage, WorkerId};
use uuid::Uuid;

pub(crate) async fn running<C: Connections>(
    db: &Database<C>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<RunningPage, StoreError> {
    let newest = after.map_or(Uuid::max(), |after| Uuid::from_u128(after.as_u128().saturating_sub(1)));
    let limit = i64::from(limit.clamp(1, MAX_PAGE));
    let rows = db.query_by_index(Statement::look(&db.sql.list_running, &[&newest, &limit])?).await?;
    let tasks = rows.iter().map(|row| {
        let task = task(row)?;
        Ok(Running { since: task.updated_at, worker: get::<Option<i64>>(row, 18)?.map(WorkerId), task })
    });
    let tasks = tasks.collect::<Result<Vec<_>, StoreError>>()?;
    let is_full = i64::try_from(tasks.len()).is_ok_and(|tasks| tasks == limit);
    let next = tasks.last().map(|last| last.task.id).filter(|_| is_full);
    Ok(RunningPage { tasks, next })
}

/// A call looks at errors with at most so many statements, each of which takes up to 20 ms.
const LOOKS_AT_ERRORS: u32 = 10;

/// Where the next look at errors begins, in each of the two indexes of ended tasks. `None` at its end.
struct Places {
    ended: Option<Instant>,
    kept: Option<Instant>,
    /// Whether tasks were left out, because too many have the same instant.
    has_gap: bool,
}

pub(crate) async fn errors<C: Connections>(db: &Database<C>) -> Result<ErrorGroups, StoreError> {
    let latest = Some(Instant(DbInstant(i64::MAX)));
    let mut from = Places { ended: latest, kept: latest, has_gap: false };
    let (mut groups, mut failed, mut looked) = (Vec::new(), 0, 0);
    for _ in 0..LOOKS_AT_ERRORS {
        let rows = db.query_by_index(Statement::look(&db.sql.errors, &[&from.ended, &from.kept])?).await?;
        for row in &rows {
            if get::<Option<Uuid>>(row, 12)?.is_some() {
                groups.push(group(row)?);
            }
        }
        let Some(first) = rows.first() else { break };
        looked += get::<i64>(first, 0)?.unsigned_abs();
        failed += get::<i64>(first, 1)?.unsigned_abs();
        from = from.next(first)?;
        if from.is_end() || failed >= ErrorGroups::MAX_LOOK {
            break;
        }
    }
    let is_all = from.is_end() && !from.has_gap;
    Ok(ErrorGroups { seen: looked, ..ErrorGroups::of(groups, failed, is_all) })
}

impl Places {
    /// After a row of `errors.sql`.
    fn next(self, row: &impl Row) -> Result<Self, StoreError> {
        let (of_ended, of_kept): (bool, bool) = (get(row, 4)?, get(row, 5)?);
        let behind = |at: Option<Instant>, is_crowd: bool| match at {
            Some(Instant(at)) if is_crowd => at.0.checked_sub(1).map(|at| Instant(DbInstant(at))),
            at => at,
        };
        let (ended, kept) = (behind(get(row, 2)?, of_ended), behind(get(row, 3)?, of_kept));
        Ok(Self { ended, kept, has_gap: self.has_gap || of_ended || of_kept })
    }

    fn is_end(&self) -> bool {
        self.ended.is_none() && self.kept.is_none()
    }
}

fn group(row: &impl Row) -> Result<ErrorGroup, StoreError> {
    Ok(ErrorGroup {
        kind: get(row, 6)?,
        error: get(row, 7)?,
        task_types: [get(row, 8)?].into(),
        tasks: get::<i64>(row, 9)?.unsigned_abs(),
        first_at: instant(row, 10)?,
        last_at: instant(row, 11)?,
        example: get(row, 12)?,
    })
}
