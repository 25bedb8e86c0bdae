//! What goes to the server in one round trip, and what comes back.

use crate::value::{Param, Value};
use fang_core::StoreError;

/// What is wanted of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its rows.
    Rows,
    /// How many rows it changed.
    Count,
}

/// A statement and its parameters.
#[derive(Debug)]
pub struct Statement<'a> {
    sql: &'a str,
    params: Vec<Param>,
    wanted: Wanted,
}

impl<'a> Statement<'a> {
    /// One whose rows are wanted.
    pub(crate) fn rows(sql: &'a str, params: &[&dyn Value]) -> Result<Self, StoreError> {
        Self::new(sql, params, Wanted::Rows)
    }

    /// One of which it is wanted how many rows it changes.
    pub(crate) fn count(sql: &'a str, params: &[&dyn Value]) -> Result<Self, StoreError> {
        Self::new(sql, params, Wanted::Count)
    }

    fn new(sql: &'a str, params: &[&dyn Value], wanted: Wanted) -> Result<Self, StoreError> {
        let params = params.iter().map(|param| Param::new(*param)).collect::<Result<_, _>>()?;
        Ok(Self { sql, params, wanted })
    }

    /// Its text.
    pub fn sql(&self) -> &'a str {
        self.sql
    }

    /// Its parameters, of which `$1` is the first.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// What is wanted of it.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }
}

/// One step of a round trip.
#[derive(Debug)]
pub enum Step<'a> {
    /// Begins a transaction by this text. Within a transaction of the application it sets a savepoint instead.
    Begin(&'a str),
    /// Text without parameters.
    Batch(&'a str),
    /// A statement, which has an answer.
    Run(Statement<'a>),
    /// A statement whose outcome does not matter: where it fails, that is logged. It stands outside of transactions.
    Aside(Statement<'a>),
    /// Commits, or rolls back what has failed.
    Commit,
}

/// What came back for a statement.
#[derive(Debug)]
pub struct Answer<R> {
    /// The rows, where those are wanted.
    pub rows: Vec<R>,
    /// How many rows were changed, where that is wanted.
    pub count: u64,
}

impl<R> Answer<R> {
    /// Of a statement whose rows are wanted.
    pub fn of_rows(rows: Vec<R>) -> Self {
        Self { rows, count: 0 }
    }

    /// Of a statement that changed so many.
    pub fn of_count(count: u64) -> Self {
        Self { rows: Vec::new(), count }
    }
}
