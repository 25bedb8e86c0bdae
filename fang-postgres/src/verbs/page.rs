//! Pages of tasks: looks for the ids of those that match, and then fetches these.

mod columns;
mod fetch;
mod found;
mod look;
mod parts;

pub(crate) use columns::FilterColumns;

use crate::database::{Database, RowOf};
use crate::row::Row;
use crate::session::{Connections, Session};
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use fang_core::StoreError;
use fang_core::store::{PageRequest, TaskPage};
use look::Look;
use std::future::Future;

/// A source of rows: connections of the store, or a transaction of the application.
pub(crate) trait Reader: Send {
    type Row: Row + Send + Sync;

    fn rows(
        &mut self,
        statement: Statement<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>> + Send;
}

impl<C: Connections> Reader for &Database<C> {
    type Row = RowOf<C>;

    async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<Self::Row>, StoreError> {
        self.query_by_index(statement).await
    }
}

/// The application's transaction.
pub(crate) struct Within<'s, S>(pub(crate) &'s mut S);

impl<S: Session> Reader for Within<'_, S> {
    type Row = S::Row;

    async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<Self::Row>, StoreError> {
        let answers = self.0.run(&[Step::Run(statement)]).await?;
        Ok(answers.into_iter().next().map(|answer| answer.rows).unwrap_or_default())
    }
}

/// One page of tasks.
pub(crate) async fn page(
    reader: &mut impl Reader,
    sql: &Statements,
    request: &PageRequest<'_>,
) -> Result<TaskPage, StoreError> {
    let found = Look::new(sql, request).all(reader).await?;
    if request.count_only {
        let matched = found.hits.len() as u64;
        return Ok(TaskPage { matched, looked: found.looked, next: found.next, tasks: Vec::new() });
    }
    fetch::fetch(reader, sql, request, found).await
}
