//! Statements and steps to send in one round trip, and their answers.

use crate::value::{Param, Value};
use fang_core::StoreError;

/// The kind of answer that a statement needs.
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
    is_look: bool,
}

impl<'a> Statement<'a> {
    /// A statement whose rows are needed.
    pub(crate) fn rows(sql: &'a str, params: &[&dyn Value]) -> Result<Self, StoreError> {
        Self::new(sql, params, Wanted::Rows)
    }

    /// A statement whose rows are needed, and that only reads.
    pub(crate) fn look(sql: &'a str, params: &[&dyn Value]) -> Result<Self, StoreError> {
        Ok(Self { is_look: true, ..Self::rows(sql, params)? })
    }

    /// A statement of which the number of changed rows is needed.
    pub(crate) fn count(sql: &'a str, params: &[&dyn Value]) -> Result<Self, StoreError> {
        Self::new(sql, params, Wanted::Count)
    }

    pub(crate) fn new(sql: &'a str, params: &[&dyn Value], wanted: Wanted) -> Result<Self, StoreError> {
        let params = params.iter().map(|param| Param::new(*param)).collect::<Result<_, _>>()?;
        Ok(Self { sql, params, wanted, is_look: false })
    }

    /// Its text.
    pub fn sql(&self) -> &'a str {
        self.sql
    }

    /// Its parameters, beginning with `$1`.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The kind of answer that it needs.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }
}

/// One step of a round trip.
#[derive(Debug)]
pub enum Step<'a> {
    /// Begins a transaction with this text. Within a transaction of the application it sets a savepoint instead.
    Begin(&'a str),
    /// SQL without parameters.
    Batch(&'a str),
    /// A statement with an answer.
    Run(Statement<'a>),
    /// A statement outside of transactions whose outcome does not matter. A failure is logged.
    Aside(Statement<'a>),
    /// Commits the transaction, or rolls it back after a failure.
    Commit,
}

impl Step<'_> {
    /// Whether these steps may change something.
    pub fn may_change(steps: &[Self]) -> bool {
        steps.iter().any(|step| match step {
            Step::Run(statement) | Step::Aside(statement) => !statement.is_look,
            Step::Begin(_) | Step::Commit => false,
            Step::Batch(_) => true,
        })
    }
}

/// The answer to a statement.
#[derive(Debug)]
pub struct Answer<R> {
    /// The rows, if they are needed.
    pub rows: Vec<R>,
    /// How many rows were changed, if that is needed.
    pub count: u64,
}

impl<R> Answer<R> {
    /// The answer with these rows.
    pub fn of_rows(rows: Vec<R>) -> Self {
        Self { rows, count: 0 }
    }

    /// The answer with this number of changed rows.
    pub fn of_count(count: u64) -> Self {
        Self { rows: Vec::new(), count }
    }
}

/// Logs that a step [aside](Step::Aside) failed, which sends a notification.
pub fn lost_notification(error: &StoreError) {
    log::debug!("a notification could not be sent; other processes find the task by polling: {error}");
}
