//! Statements on their way: which session, in which steps, and what is sent again.

use crate::row::only;
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::sql::Statements;
use crate::statement::{Answer, Statement, Step};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::lists::FirstListed;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

/// How often a statement is sent that [loses a race](StoreError::lost_a_race): each time it has changed nothing.
const MAX_TRIES: usize = 5;

/// What begins a transaction of several steps, but behind a pooler.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The row of these connections.
pub(crate) type RowOf<C> = <<C as Connections>::Session as Session>::Row;

/// The connections and the statements for them.
pub(crate) struct Database<C> {
    pub(crate) connections: C,
    pub(crate) sql: Arc<Statements>,
    /// Where the lists of what is held begin.
    pub(crate) first: FirstListed,
    pub(crate) epoch: Instant,
}

impl<C: Connections> Database<C> {
    pub(crate) fn new(connections: C, sql: Arc<Statements>) -> Self {
        Self { connections, sql, first: FirstListed::default(), epoch: Instant::now() }
    }

    /// All rows of a statement.
    pub(crate) async fn query(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Vec<RowOf<C>>, StoreError> {
        Ok(self.send(role, self.alone(role, statement)).await?.rows)
    }

    /// The only row of a statement.
    pub(crate) async fn query_one(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<RowOf<C>, StoreError> {
        only(self.query(role, statement).await?)
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute(&self, role: Role, statement: Statement<'_>) -> Result<u64, StoreError> {
        Ok(self.send(role, self.alone(role, statement)).await?.count)
    }

    /// All rows of a statement, and behind it what stands aside.
    pub(crate) async fn query_then(
        &self,
        role: Role,
        statement: Statement<'_>,
        asides: Vec<Statement<'_>>,
    ) -> Result<Vec<RowOf<C>>, StoreError> {
        let mut steps = self.alone(role, statement);
        steps.extend(asides.into_iter().map(Step::Aside));
        Ok(self.send(role, steps).await?.rows)
    }

    /// All rows of a statement that makes unique tasks alive again. One that the server refuses for another like it,
    /// which came since it looked, is sent again, and then sees that.
    pub(crate) async fn query_reviving(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Vec<RowOf<C>>, StoreError> {
        let steps = self.alone(role, statement);
        let is_worth_it = |error: &StoreError| error.lost_a_race() || error.nature() == Nature::Data;
        Ok(last(again_if(is_worth_it, || self.once(role, &steps)).await?)?.rows)
    }

    /// The answer of the last of several statements in one transaction, each of which sees what those before it waited
    /// for.
    pub(crate) async fn together(
        &self,
        role: Role,
        statements: impl IntoIterator<Item = Statement<'_>> + Send,
    ) -> Result<Answer<RowOf<C>>, StoreError> {
        let mut steps = vec![Step::Begin(self.begin(role))];
        steps.extend(statements.into_iter().map(Step::Run));
        steps.push(Step::Commit);
        self.send(role, steps).await
    }

    /// What begins a transaction of several steps.
    pub(crate) fn begin(&self, role: Role) -> &'static str {
        if self.connections.is_pooled() { role.begin() } else { BEGIN }
    }

    /// A statement by itself, which behind a pooler takes a transaction that tells the server how.
    fn alone<'a>(&self, role: Role, statement: Statement<'a>) -> Vec<Step<'a>> {
        match self.connections.is_pooled() {
            true => vec![Step::Begin(role.begin()), Step::Run(statement), Step::Commit],
            false => vec![Step::Run(statement)],
        }
    }

    async fn send(&self, role: Role, steps: Vec<Step<'_>>) -> Result<Answer<RowOf<C>>, StoreError> {
        last(again_if(StoreError::lost_a_race, || self.once(role, &steps)).await?)
    }

    async fn once(&self, role: Role, steps: &[Step<'_>]) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let mut session = self.connections.session(role).await?;
        let outcome = session.run(steps).await;
        session.end(outcome).await
    }
}

/// Tries until the error is another one, but not for ever.
pub(crate) async fn again_if<T, F: Future<Output = Result<T, StoreError>>>(
    is_worth_it: impl Fn(&StoreError) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError> {
    for _ in 1..MAX_TRIES {
        match attempt().await {
            Err(error) if is_worth_it(&error) => {}
            outcome => return outcome,
        }
    }
    attempt().await
}

fn last<R>(answers: Vec<Answer<R>>) -> Result<Answer<R>, StoreError> {
    answers.into_iter().next_back().ok_or_else(|| StoreError::unreachable("the server sent no answer".into()))
}
