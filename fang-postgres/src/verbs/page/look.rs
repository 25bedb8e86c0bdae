use super::Reader;
use super::columns::FilterColumns;
use super::found::{Found, Hit};
use crate::row::get;
use crate::sql::Statements;
use crate::statement::Statement;
use crate::value::Instant;
use fang_core::StoreError;
use fang_core::store::{Cursor, DbInstant, PageRequest, Walk};
use uuid::Uuid;

/// One page to look for.
pub(super) struct Look<'a> {
    pub(super) sql: &'a Statements,
    pub(super) request: &'a PageRequest<'a>,
    pub(super) columns: FilterColumns<'a>,
}

impl<'a> Look<'a> {
    pub(super) fn new(sql: &'a Statements, request: &'a PageRequest<'a>) -> Self {
        Self { sql, request, columns: FilterColumns::new(request.filter, |_| true) }
    }

    /// Looks along the walk of the request.
    pub(super) async fn all(&self, reader: &mut impl Reader) -> Result<Found, StoreError> {
        let mut found = Found::default();
        match self.request.walk() {
            Walk::Newest => self.by_id(reader, &self.sql.look_newest, self.first(), &mut found).await?,
            Walk::Running => self.by_id(reader, &self.sql.look_running, self.first(), &mut found).await?,
            Walk::Ended | Walk::Ready => self.by_parts(reader, &self.request.parts(), &mut found).await?,
        }
        Ok(found)
    }

    /// Where a walk by id begins.
    fn first(&self) -> Cursor {
        let start = Cursor { part: 0, at: DbInstant(0), id: None, is_crowd: false };
        self.request.after.unwrap_or(start)
    }

    /// Looks at tasks in the order of their ids, from this cursor on: all, those that run, or a crowd.
    pub(super) async fn by_id(
        &self,
        reader: &mut impl Reader,
        sql: &str,
        from: Cursor,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let (look, room) = (found.left().cast_signed(), found.room(self.request).cast_signed());
        found.next = None;
        let Some(newest) = newest_behind(from.id) else { return Ok(()) };
        let newest = self.request.filter.before.map_or(newest, |before| before.min(newest));
        let (at, part) = (Instant(from.at), i16::from(from.part));
        let (at, part) = (from.is_crowd.then_some(at), from.is_crowd.then_some(part));
        let crowd: [&dyn crate::value::Value; 2] = [&at, &part];
        let own: [&dyn crate::value::Value; 3] = [&newest, &look, &room];
        let is_of_all = std::ptr::eq(sql, self.sql.look_newest.as_str());
        let params = self.columns.and(&[&own[..], if is_of_all { &crowd } else { &[] }].concat());
        let rows = reader.rows(Statement::look(sql, &params)?).await?;
        for row in &rows {
            let id = get::<Uuid>(row, 0)?;
            let place = Cursor { id: Some(id), ..from };
            if get::<bool>(row, 1)? {
                found.hits.push(Hit { id, place, bytes: get(row, 3)? });
            }
            found.next = Some(place);
        }
        if let Some(last) = rows.last() {
            let looked = get::<i64>(last, 2)?;
            found.looked += looked.unsigned_abs();
            found.next = found.next.filter(|_| !get(last, 4).unwrap_or(false) || looked >= look);
        }
        Ok(())
    }
}

/// The greatest id behind this one, in the order of the newest first.
fn newest_behind(id: Option<Uuid>) -> Option<Uuid> {
    match id {
        Some(id) => id.as_u128().checked_sub(1).map(Uuid::from_u128),
        None => Some(Uuid::max()),
    }
}
