//! One statement over one connection of a channel.

use super::connect::Channel;
use super::error::{InTransaction, store_error};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::{Connection, QueryResult, RunQueryDsl};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::sql::MAX_TRIES;
use std::marker::PhantomData;

/// A parameter of a statement.
pub(super) trait Bind {
    fn push<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

/// A value, to be sent as this SQL type.
pub(super) struct As<ST, T>(T, PhantomData<ST>);

/// A value, to be sent as this SQL type.
pub(super) fn bind<ST, T>(value: T) -> As<ST, T> {
    As(value, PhantomData)
}

impl<ST, T> Bind for As<ST, T>
where
    Pg: HasSqlType<ST>,
    T: ToSql<ST, Pg>,
{
    fn push<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_bind_param::<ST, T>(&self.0)
    }
}

/// What becomes of a statement once it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It stays prepared on its connection.
    Prepared,
    /// Nothing: the connection may be another's next time.
    Nothing,
}

/// A statement of fang-core with its parameters. Unlike `diesel::sql_query` it is prepared once a
/// connection, under its text, where it is to be kept.
#[derive(Clone, Copy)]
pub(super) struct Prepared<'a, ST> {
    sql: &'a str,
    binds: &'a [&'a dyn Bind],
    keep: Keep,
    rows: PhantomData<ST>,
}

impl<'a, ST> Prepared<'a, ST> {
    pub(super) fn new(keep: Keep, sql: &'a str, binds: &'a [&'a dyn Bind]) -> Self {
        Self { sql, binds, keep, rows: PhantomData }
    }
}

impl<ST> QueryFragment<Pg> for Prepared<'_, ST> {
    /// Diesel numbers parameters in the order in which they come, so each `$n` of the text becomes a
    /// parameter of its own.
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.keep == Keep::Nothing {
            pass.unsafe_to_cache_prepared();
        }
        let mut rest = self.sql;
        while let Some((before, number, after)) = next_parameter(rest) {
            pass.push_sql(before);
            let missing = || diesel::result::Error::QueryBuilderError("a parameter is missing".into());
            self.binds.get(number - 1).ok_or_else(missing)?.push(&mut pass)?;
            rest = after;
        }
        pass.push_sql(rest);
        Ok(())
    }
}

/// The text before the next `$n`, the number, and the text behind it.
fn next_parameter(sql: &str) -> Option<(&str, usize, &str)> {
    let (before, after) = sql.split_once('$')?;
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = after.get(..digits)?.parse().ok().filter(|number| *number > 0)?;
    Some((before, number, after.get(digits..)?))
}

impl<ST> QueryId for Prepared<'_, ST> {
    type QueryId = ();
    // One type serves all statements, so it is the text that tells them apart.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Prepared<'_, ST> {
    type SqlType = ST;
}

impl<ST> RunQueryDsl<PgConnection> for Prepared<'_, ST> {}

/// All rows of a statement on a connection at hand.
pub(super) fn query_on<'a, ST, Row>(
    connection: &mut PgConnection,
    keep: Keep,
    sql: &'a str,
    binds: &'a [&'a dyn Bind],
) -> Result<Vec<Row>, StoreError>
where
    Prepared<'a, ST>: LoadQuery<'a, PgConnection, Row>,
{
    Prepared::<ST>::new(keep, sql, binds).load(connection).map_err(|error| store_error(&error))
}

/// All rows of a statement that sees what was there once another was over, in the same transaction.
pub(super) fn query_behind<'a, ST, Row>(
    connection: &mut PgConnection,
    keep: Keep,
    (before, before_binds): (&str, &[&dyn Bind]),
    (sql, binds): (&'a str, &'a [&'a dyn Bind]),
) -> Result<Vec<Row>, StoreError>
where
    Prepared<'a, ST>: LoadQuery<'a, PgConnection, Row>,
{
    let both = |connection: &mut PgConnection| {
        execute_on(connection, keep, before, before_binds)?;
        Ok(query_on::<ST, Row>(connection, keep, sql, binds)?)
    };
    connection.transaction(both).map_err(|error: InTransaction| error.into())
}

/// How many rows a statement changed on a connection at hand.
pub(super) fn execute_on(
    connection: &mut PgConnection,
    keep: Keep,
    sql: &str,
    binds: &[&dyn Bind],
) -> Result<u64, StoreError> {
    let rows = Prepared::<()>::new(keep, sql, binds).execute(connection);
    rows.map(|rows| rows as u64).map_err(|error| store_error(&error))
}

/// All rows of a statement.
pub(super) fn query<'a, ST, Row>(
    channel: &Channel,
    sql: &'a str,
    binds: &'a [&'a dyn Bind],
) -> Result<Vec<Row>, StoreError>
where
    Prepared<'a, ST>: LoadQuery<'a, PgConnection, Row>,
{
    channel.with(|connection| query_on::<ST, Row>(connection, channel.keep(), sql, binds))
}

/// All rows of a statement that makes unique tasks alive again. One that the server refuses for another like it, which
/// came since it looked, is sent again, and then sees that.
pub(super) fn query_reviving<'a, ST, Row>(
    channel: &Channel,
    sql: &'a str,
    binds: &'a [&'a dyn Bind],
) -> Result<Vec<Row>, StoreError>
where
    Prepared<'a, ST>: LoadQuery<'a, PgConnection, Row>,
{
    for _ in 1..MAX_TRIES {
        match query::<ST, Row>(channel, sql, binds) {
            Err(error) if error.nature() == Nature::Data => {}
            outcome => return outcome,
        }
    }
    query::<ST, Row>(channel, sql, binds)
}

/// The only row of a statement.
pub(super) fn query_one<'a, ST, Row>(
    channel: &Channel,
    sql: &'a str,
    binds: &'a [&'a dyn Bind],
) -> Result<Row, StoreError>
where
    Prepared<'a, ST>: LoadQuery<'a, PgConnection, Row>,
{
    let rows = query::<ST, Row>(channel, sql, binds)?;
    rows.into_iter().next().ok_or_else(|| StoreError::unreachable("the server sent no row".into()))
}

/// How many rows a statement changed.
pub(super) fn execute(channel: &Channel, sql: &str, binds: &[&dyn Bind]) -> Result<u64, StoreError> {
    channel.with(|connection| execute_on(connection, channel.keep(), sql, binds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::debug_query;
    use diesel::sql_types::{Integer, Text};

    #[test]
    fn each_mention_of_a_parameter_becomes_one_of_its_own() {
        let (one, two) = (bind::<Text, _>("a"), bind::<Integer, _>(7));
        let binds: [&dyn Bind; 2] = [&one, &two];
        let query = Prepared::<()>::new(Keep::Prepared, "SELECT $2::int, $1, $2", &binds);
        let shown = debug_query::<Pg, _>(&query).to_string();
        assert_eq!(shown, "SELECT $1::int, $2, $3 -- binds: [7, \"a\", 7]");
    }
}
