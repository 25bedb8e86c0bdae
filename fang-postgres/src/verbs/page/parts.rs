//! Walks along the indexes that are ordered by an instant.

use super::Reader;
use super::found::{Found, Hit};
use super::look::Look;
use crate::row::get;
use crate::statement::Statement;
use crate::value::{Instant, Value};
use fang_core::StoreError;
use fang_core::store::{Cursor, DbInstant, Part};
use uuid::Uuid;

/// The first look of a page is at this many tasks: most pages need no more.
const FIRST_LOOK: u64 = 1_000;

/// A look along such an index is at no more tasks than this, as their rows are all over the table. It is the limit of
/// the statements.
const MAX_LOOK: u64 = 4_000;

/// If so many tasks have the same instant, they are walked by their ids. Statements of the application, and those that
/// insert many tasks, give one instant to all their rows.
const CROWD: u64 = 2_000;

/// What one statement found.
struct Step {
    hits: Vec<Hit>,
    looked: u64,
    /// The first and the last instant that it looked at.
    range: Option<(DbInstant, DbInstant)>,
}

/// What follows a step.
enum Next {
    /// The same part goes on here.
    At(Cursor),
    /// The part has ended.
    NextPart,
}

impl Look<'_> {
    /// Looks along the parts until the page is full.
    pub(super) async fn by_parts(
        &self,
        reader: &mut impl Reader,
        parts: &[Part],
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let known = self.request.after.filter(|after| parts.iter().any(|part| part.number() == after.part));
        let mut rest = parts.iter().skip_while(|part| known.is_some_and(|after| after.part != part.number()));
        let Some(mut part) = rest.next() else { return Ok(()) };
        let mut cursor = known.unwrap_or_else(|| start(*part));
        loop {
            found.next = Some(cursor);
            if found.room(self.request) == 0 || found.looked >= MAX_LOOK {
                return Ok(());
            }
            let next = match cursor.is_crowd {
                true => self.crowd(reader, *part, cursor, found).await?,
                false => self.step(reader, *part, cursor, found).await?,
            };
            cursor = match next {
                Next::At(cursor) => cursor,
                Next::NextPart => match rest.next() {
                    Some(next) => {
                        part = next;
                        start(*part)
                    }
                    None => {
                        found.next = None;
                        return Ok(());
                    }
                },
            };
        }
    }

    async fn step(
        &self,
        reader: &mut impl Reader,
        part: Part,
        from: Cursor,
        found: &mut Found,
    ) -> Result<Next, StoreError> {
        let room = found.room(self.request);
        let look = if found.looked == 0 { FIRST_LOOK.max(room) } else { MAX_LOOK };
        let look = look.min(MAX_LOOK.saturating_sub(found.looked));
        let Step { hits, looked, range } = self.look_at(reader, part, from, (look, room)).await?;
        let is_full = hits.len() as u64 >= room;
        let last_hit = hits.last().map(|hit| hit.place);
        found.looked += looked;
        found.hits.extend(hits);
        Ok(match (last_hit, range) {
            (Some(last), _) if is_full => Next::At(last),
            (_, Some((first, last))) if looked >= look && first == last => {
                let id = from.id.filter(|_| from.at == last);
                Next::At(Cursor { at: last, id, is_crowd: looked >= CROWD, ..from })
            }
            (_, Some((_, last))) if looked >= look => Next::At(Cursor { at: last, id: None, ..from }),
            _ => Next::NextPart,
        })
    }

    async fn look_at(
        &self,
        reader: &mut impl Reader,
        part: Part,
        from: Cursor,
        (look, room): (u64, u64),
    ) -> Result<Step, StoreError> {
        let (at, look, room) = (Instant(from.at), look.cast_signed(), room.cast_signed());
        let mut own: Vec<&dyn Value> = vec![&at, &look, &room, &from.id];
        let of_range;
        let sql = match part {
            Part::Ended => &self.sql.look_ended,
            Part::Kept => &self.sql.look_kept,
            Part::Ready(mode, priority) => {
                of_range = (mode as i16, priority as i16);
                own.extend([&of_range.0 as &dyn Value, &of_range.1]);
                &self.sql.look_ready
            }
        };
        let rows = reader.rows(Statement::look(sql, &self.columns.and(&own))?).await?;
        let mut step = Step { hits: Vec::with_capacity(rows.len()), looked: 0, range: None };
        for row in &rows {
            if let Some(id) = get::<Option<Uuid>>(row, 0)? {
                let place = Cursor { at: get::<Instant>(row, 1)?.0, id: Some(id), ..from };
                step.hits.push(Hit { id, place, bytes: get(row, 2)? });
            }
            step.looked = get::<i64>(row, 3)?.unsigned_abs();
            let range = (get::<Option<Instant>>(row, 4)?, get::<Option<Instant>>(row, 5)?);
            step.range = range.0.zip(range.1).map(|(first, last)| (first.0, last.0));
        }
        Ok(step)
    }

    /// Looks for the tasks of one instant by their ids.
    async fn crowd(
        &self,
        reader: &mut impl Reader,
        part: Part,
        from: Cursor,
        found: &mut Found,
    ) -> Result<Next, StoreError> {
        self.by_id(reader, &self.sql.look_newest, from, found).await?;
        Ok(match (found.next, behind(part, from.at)) {
            (Some(next), _) => Next::At(next),
            (None, Some(at)) => Next::At(Cursor { at, id: None, is_crowd: false, ..from }),
            (None, None) => Next::NextPart,
        })
    }
}

/// Where a part begins.
fn start(part: Part) -> Cursor {
    let at = match part {
        Part::Ended | Part::Kept => i64::MAX,
        Part::Ready(..) => i64::MIN,
    };
    Cursor { part: part.number(), at: DbInstant(at), id: None, is_crowd: false }
}

/// The instant that follows this one in the order of the part.
fn behind(part: Part, at: DbInstant) -> Option<DbInstant> {
    match part {
        Part::Ended | Part::Kept => at.0.checked_sub(1),
        Part::Ready(..) => at.0.checked_add(1),
    }
    .map(DbInstant)
}
