use super::Reader;
use super::found::{Found, Hit};
use crate::row::{Row, task};
use crate::sql::Statements;
use crate::statement::Statement;
use fang_core::store::{MAX_PAGE_BYTES, PageRequest, TaskPage};
use fang_core::{StoreError, Task};
use std::collections::HashMap;
use uuid::Uuid;

/// One statement fetches payloads of at most this many bytes as they are in the table, where they may be compressed.
const PIECE: i64 = 2 * 1024 * 1024;

/// Fetches the tasks that were found, in their order. If their payloads are too large for a page, it ends before.
pub(super) async fn fetch(
    reader: &mut impl Reader,
    sql: &Statements,
    request: &PageRequest<'_>,
    found: Found,
) -> Result<TaskPage, StoreError> {
    let mut page = TaskPage { looked: found.looked, next: found.next, ..TaskPage::default() };
    let (mut rest, mut bytes, mut last) = (&found.hits[..], 0, None);
    let with_payloads = request.returns_payloads();
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(if with_payloads { first_piece(rest) } else { rest.len() });
        let mut tasks = by_id(reader, sql, piece, with_payloads).await?;
        for hit in piece {
            // A task that was removed or has left the state meanwhile is no longer meant.
            let task = tasks.remove(&hit.id).filter(|(task, _)| request.filter.matches_state(task.state));
            let Some((task, size)) = task else { continue };
            bytes += if with_payloads { size } else { 0 };
            if bytes > MAX_PAGE_BYTES && !page.tasks.is_empty() {
                return Ok(TaskPage { next: last, ..page });
            }
            page.tasks.push(task);
            page.matched += 1;
            last = Some(hit.place);
        }
        rest = others;
    }
    Ok(page)
}

/// How many of the first tasks one statement fetches.
fn first_piece(hits: &[Hit]) -> usize {
    let sizes = hits.iter().scan(0, |sum, hit| {
        *sum += hit.bytes;
        Some(*sum)
    });
    sizes.take_while(|sum| *sum <= PIECE).count().max(1)
}

/// The tasks by their ids, and the sizes of their payloads.
async fn by_id(
    reader: &mut impl Reader,
    sql: &Statements,
    hits: &[Hit],
    with_payloads: bool,
) -> Result<HashMap<Uuid, (Task, usize)>, StoreError> {
    let ids: Vec<Uuid> = hits.iter().map(|hit| hit.id).collect();
    let rows = reader.rows(Statement::look(&sql.fetch, &[&ids, &with_payloads])?).await?;
    let read = |row: &_| -> Result<_, StoreError> {
        let size = Row::raw(row, 1)?.map_or(0, <[u8]>::len);
        let task = task(row)?;
        Ok((task.id, (task, size)))
    };
    rows.iter().map(read).collect()
}
