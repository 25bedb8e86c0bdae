//! The session over a transaction of the application. It leaves no prepared statements on the connection.

use super::error::store_error;
use super::pipeline::{TokioRow, rows, typed};
use fang_core::StoreError;
use fang_postgres::{Answer, Session, Statement, Step, Wanted};
use tokio_postgres::{Error, Transaction};

/// A savepoint takes the place of a transaction of the library's own.
pub(super) const SAVEPOINT: &str = "SAVEPOINT fang_insert";
pub(super) const RELEASE: &str = "RELEASE SAVEPOINT fang_insert";
pub(super) const ROLL_BACK: &str = "ROLLBACK TO SAVEPOINT fang_insert; RELEASE SAVEPOINT fang_insert";

/// A transaction of the application, over tokio-postgres.
pub(crate) struct Theirs<'a, 't>(pub(crate) &'a Transaction<'t>);

impl Theirs<'_, '_> {
    async fn take(&self, step: &Step<'_>) -> Result<Option<Answer<TokioRow>>, Error> {
        match step {
            Step::Begin(_) => self.0.batch_execute(SAVEPOINT).await.map(|()| None),
            Step::Batch(sql) => self.0.batch_execute(sql).await.map(|()| None),
            Step::Commit => self.0.batch_execute(RELEASE).await.map(|()| None),
            Step::Run(statement) => self.run_one(statement).await.map(Some),
            // A failed statement fails the whole transaction, so this one cannot fail alone.
            Step::Aside(statement) => self.run_one(statement).await.map(|_| None),
        }
    }

    async fn run_one(&self, statement: &Statement<'_>) -> Result<Answer<TokioRow>, Error> {
        let params = typed(statement);
        match statement.wanted() {
            Wanted::Rows => self.0.query_typed(statement.sql(), &params).await.map(rows),
            Wanted::Count => self.0.execute_typed(statement.sql(), &params).await.map(Answer::of_count),
        }
    }
}

impl Session for Theirs<'_, '_> {
    type Row = TokioRow;

    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<Answer<TokioRow>>, StoreError> {
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            answers.extend(self.take(step).await.map_err(|error| store_error(&error))?);
        }
        Ok(answers)
    }

    async fn rollback(&mut self) {
        if let Err(error) = self.0.batch_execute(ROLL_BACK).await {
            log::debug!(
                "a savepoint could not be rolled back; the next statement of the transaction fails: {}",
                store_error(&error)
            );
        }
    }
}
