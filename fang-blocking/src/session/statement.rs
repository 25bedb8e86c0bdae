//! Runs the steps of a session over one connection, one after the other.

use super::error::store_error;
use super::row::OwnRow;
use diesel::connection::{LoadConnection, TransactionManager};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, SmallInt, SqlType, Text, Timestamptz, Untyped, Uuid as SqlUuid,
};
use diesel::{QueryResult, RunQueryDsl};
use fang_core::StoreError;
use fang_postgres::{Answer, Param, Statement, Step, Wanted, lost_notification};
use std::io::Write;

/// Whether a statement stays prepared after it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It stays prepared on its connection.
    Prepared,
    /// It is not kept, since another client may get the connection next.
    Nothing,
}

/// A statement with its parameters. With [`Keep::Prepared`] it is prepared once for each connection and found again
/// by its text, which `diesel::sql_query` does not do.
struct Prepared<'a> {
    sql: &'a str,
    params: Vec<Ready<'a>>,
    keep: Keep,
}

impl<'a> Prepared<'a> {
    fn new(keep: Keep, statement: &'a Statement<'_>) -> Self {
        Self { sql: statement.sql(), params: statement.params().iter().map(Ready).collect(), keep }
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    /// Diesel numbers parameters in the order in which they are pushed, so each mention of `$n` becomes a parameter.
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.keep == Keep::Nothing {
            pass.unsafe_to_cache_prepared();
        }
        let mut rest = self.sql;
        while let Some((before, number, after)) = next_parameter(rest) {
            pass.push_sql(before);
            let missing = || diesel::result::Error::QueryBuilderError("a parameter is missing".into());
            self.params.get(number - 1).ok_or_else(missing)?.push(&mut pass)?;
            rest = after;
        }
        pass.push_sql(rest);
        Ok(())
    }
}

/// Returns the text before the next `$n`, the number, and the text after it.
fn next_parameter(sql: &str) -> Option<(&str, usize, &str)> {
    let (before, after) = sql.split_once('$')?;
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = after.get(..digits)?.parse().ok().filter(|number| *number > 0)?;
    Some((before, number, after.get(digits..)?))
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    // All statements have this one type, so only their text identifies them.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Prepared<'_> {}

/// The Postgres type `tid`, the place of a row in its table.
#[derive(Clone, Copy, Debug, SqlType, QueryId)]
#[diesel(postgres_type(oid = 27, array_oid = 1010))]
struct TidSql;

/// A parameter of any type that is already encoded.
#[derive(Debug)]
struct Ready<'a>(&'a Param);

impl<ST> ToSql<ST, Pg> for Ready<'_> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let Some(bytes) = self.0.bytes() else { return Ok(IsNull::Yes) };
        out.write_all(bytes)?;
        Ok(IsNull::No)
    }
}

impl Ready<'_> {
    /// Diesel needs a Rust type for each SQL type, so all types that parameters have are listed here.
    fn push<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        macro_rules! by_type {
            ($($oid:literal => $sql_type:ty),+ $(,)?) => {
                match self.0.sql_type().oid() {
                    $($oid => pass.push_bind_param::<$sql_type, _>(self),)+
                    oid => Err(Error::QueryBuilderError(format!("no parameter has the type {oid}").into())),
                }
            };
        }
        by_type! {
            16 => Bool, 1000 => Array<Bool>,
            21 => SmallInt, 1005 => Array<SmallInt>,
            23 => Integer, 1007 => Array<Integer>,
            20 => BigInt, 1016 => Array<BigInt>,
            25 => Text, 1009 => Array<Text>,
            2950 => SqlUuid, 2951 => Array<SqlUuid>,
            1184 => Timestamptz, 1185 => Array<Timestamptz>,
            27 => TidSql, 1010 => Array<TidSql>,
        }
    }
}

/// Runs steps one after the other. If one fails and a commit is among the steps, rolls the transaction back.
pub(super) fn take_steps<C: LoadConnection<Backend = Pg>>(
    connection: &mut C,
    keep: Keep,
    is_open: &mut bool,
    begin: impl Fn(&mut C, &str) -> QueryResult<()>,
    steps: &[Step<'_>],
) -> Result<Vec<Answer<OwnRow>>, StoreError> {
    let mut answers = Vec::with_capacity(steps.len());
    for step in steps {
        match take_step(connection, keep, is_open, &begin, step) {
            Ok(answer) => answers.extend(answer),
            Err(error) => {
                let ends = steps.iter().any(|step| matches!(step, Step::Commit));
                if ends && std::mem::take(is_open) {
                    // If the rollback fails, the connection is not used again.
                    let _ = C::TransactionManager::rollback_transaction(connection);
                }
                return Err(store_error(&error));
            }
        }
    }
    Ok(answers)
}

fn take_step<C: LoadConnection<Backend = Pg>>(
    connection: &mut C,
    keep: Keep,
    is_open: &mut bool,
    begin: &impl Fn(&mut C, &str) -> QueryResult<()>,
    step: &Step<'_>,
) -> QueryResult<Option<Answer<OwnRow>>> {
    match step {
        Step::Begin(sql) => {
            begin(connection, sql)?;
            *is_open = true;
        }
        Step::Batch(sql) => connection.batch_execute(sql)?,
        Step::Commit => {
            *is_open = false;
            C::TransactionManager::commit_transaction(connection)?;
        }
        Step::Run(statement) => return run(connection, keep, statement).map(Some),
        Step::Aside(statement) => {
            if let Err(error) = run(connection, keep, statement) {
                lost_notification(&store_error(&error));
            }
        }
    }
    Ok(None)
}

fn run<C: LoadConnection<Backend = Pg>>(
    connection: &mut C,
    keep: Keep,
    statement: &Statement<'_>,
) -> QueryResult<Answer<OwnRow>> {
    let prepared = Prepared::new(keep, statement);
    match statement.wanted() {
        Wanted::Rows => prepared.load(connection).map(Answer::of_rows),
        Wanted::Count => prepared.execute(connection).map(|count| Answer::of_count(count as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::next_parameter;

    #[test]
    fn each_mention_of_a_parameter_is_found() {
        let (before, number, rest) = next_parameter("SELECT $12::int, $1").unwrap_or_default();
        assert_eq!((before, number), ("SELECT ", 12));
        assert_eq!(next_parameter(rest), Some(("::int, ", 1, "")));
        assert_eq!(next_parameter("SELECT '$'"), None);
    }
}
