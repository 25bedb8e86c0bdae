//! The connections of a store, and how its statements travel: in which steps, and which are sent again.

use crate::diagnosis::{explained, hidden};
use crate::process::Process;
use crate::recent::Recent;
use crate::refused::RefusedRows;
use crate::row::only;
use crate::schema::Schema;
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::spare::Kept;
use crate::sql::Statements;
use crate::statement::{Answer, Statement, Step};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::lists::FirstListed;
use fang_core::store::Count;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many times a statement is sent that [loses a race](StoreError::lost_a_race). Each failed try has changed
/// nothing.
const MAX_TRIES: usize = 5;

/// How many times a statement is sent whose failure the driver does not explain. It may have lost a race.
const MAX_TRIES_UNKNOWN: usize = 3;

/// After this long, a failure that the driver does not explain is no lost race, but a time limit.
const MAX_RACE: Duration = Duration::from_secs(10);

/// The begin of a transaction with several steps, if no pooler is used.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The row of these connections.
pub(crate) type RowOf<C> = <<C as Connections>::Session as Session>::Row;

/// The connections and the statements for them.
pub(crate) struct Database<C> {
    pub(crate) connections: C,
    pub(crate) sql: Arc<Statements>,
    pub(crate) schema: Schema,
    /// Where the lists of locked tasks begin.
    pub(crate) first: FirstListed,
    /// The rows that statements over many leave out.
    pub(crate) refused: RefusedRows,
    /// Whether the clock of the server was ahead, so that tasks may be due too late. Beats write, prunes read.
    pub(crate) clock_was_ahead: AtomicBool,
    pub(crate) epoch: Instant,
    /// The tasks of each type in each state, when these were many. Counts write and read.
    pub(crate) counts: Recent<Vec<Count>>,
    /// The role of calls that applications make, and the engine too. A pool opens no connection for them.
    pub(crate) calls: Role,
    /// Whether pools may be what fills a server that has no connection left. Beats write, refused connections read.
    /// True until the first beat, so that pools that start together do not wait for each other.
    pub(crate) pools_fill_it: AtomicBool,
    process: Process,
}

impl<C: Connections> Database<C> {
    pub(crate) fn new(connections: C, sql: Arc<Statements>, schema: Schema) -> Self {
        let (first, refused) = (FirstListed::default(), RefusedRows::default());
        let (clock_was_ahead, process) = (AtomicBool::new(false), Process::this());
        let (calls, pools_fill_it) = (Role::Calls, AtomicBool::new(true));
        Self {
            connections,
            sql,
            schema,
            first,
            refused,
            clock_was_ahead,
            epoch: Instant::now(),
            counts: Recent::default(),
            calls,
            pools_fill_it,
            process,
        }
    }

    /// The same database over separate connections of the same process.
    pub(crate) fn of_a_pool(&self) -> Result<Self, StoreError> {
        let connections = self.connections.of_a_pool()?;
        let process = self.process;
        let new = Self::new(connections, self.sql.clone(), self.schema.clone());
        Ok(Self { process, calls: Role::Engine, ..new })
    }

    /// A connection for this role.
    pub(crate) async fn session(&self, role: Role) -> Result<C::Session, StoreError> {
        self.process.check()?;
        let session = self.connections.session(role).await;
        if matches!(&session, Err(StoreError::TooManyConnections { .. })) && self.gives_up_for(role) {
            // What this pool has may be what others wait for, and the other way round.
            self.connections.keep(Kept::NONE);
        }
        session
    }

    /// Whether the pool gives up its connections when it is refused one for this role. Lock-claims and vacuums can
    /// wait. Behind a pooler no beat would bring them back, and other programs would only take them.
    fn gives_up_for(&self, role: Role) -> bool {
        !matches!(role, Role::LockClaims | Role::Upkeep)
            && !self.connections.is_pooled()
            && self.pools_fill_it.load(Ordering::SeqCst)
    }

    /// All rows of a statement.
    pub(crate) async fn query(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Vec<RowOf<C>>, StoreError> {
        Ok(self.answer(role, statement).await?.rows)
    }

    /// All rows of a statement that only reads, and must stay on index scans: with a plan for other numbers of rows it
    /// would read the whole table.
    pub(crate) async fn query_by_index(&self, statement: Statement<'_>) -> Result<Vec<RowOf<C>>, StoreError> {
        let is_pooled = self.connections.is_pooled();
        if self.calls != Role::Calls && !is_pooled {
            return self.query(self.calls, statement).await;
        }
        let steps = vec![Step::Begin(Role::begin_look(is_pooled)), Step::Run(statement), Step::Commit];
        Ok(self.send(self.calls, steps).await?.rows)
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
        Ok(self.answer(role, statement).await?.count)
    }

    /// The answer to a statement.
    pub(crate) async fn answer(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Answer<RowOf<C>>, StoreError> {
        self.send(role, self.alone(role, statement)).await
    }

    /// Returns all rows of a statement. Other statements follow it, whose outcome does not matter.
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

    /// Returns all rows of a statement that makes failed tasks wait again. If the server refuses it because of a
    /// duplicate that came meanwhile, the statement is sent again and then sees the duplicate.
    pub(crate) async fn query_reviving(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Vec<RowOf<C>>, StoreError> {
        let steps = self.alone(role, statement);
        let is_worth_it = |error: &StoreError| may_have_lost_a_race(error) || error.nature() == Nature::Data;
        Ok(last(again_if(is_worth_it, || self.once(role, &steps)).await?)?.rows)
    }

    /// Runs several statements in one transaction and returns the last answer. Each statement sees the changes that
    /// the previous ones waited for.
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

    /// Returns the answer to a statement of a start, which the server gives up if the process ends meanwhile.
    pub(crate) async fn while_connected(
        &self,
        role: Role,
        statement: Statement<'_>,
    ) -> Result<Answer<RowOf<C>>, StoreError> {
        let set = Statement::rows(&self.sql.while_connected, &[])?;
        // Not in one round trip: the server waits for the lock of a table even to prepare a statement.
        let trips = [[Step::Begin(self.begin(role)), Step::Run(set)], [Step::Run(statement), Step::Commit]];
        last(again_if(may_have_lost_a_race, || self.once_in_trips(role, &trips)).await?)
    }

    async fn once_in_trips(
        &self,
        role: Role,
        [first, second]: &[[Step<'_>; 2]; 2],
    ) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let mut session = self.session(role).await?;
        let outcome = match session.run(first).await {
            Ok(_) => session.run(second).await,
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            session.rollback().await;
        }
        let outcome = explained(&mut session, &self.sql, &self.schema, outcome).await;
        self.end(session, outcome).await
    }

    /// The begin of a transaction with several steps.
    pub(crate) fn begin(&self, role: Role) -> &'static str {
        if self.connections.is_pooled() { role.begin() } else { BEGIN }
    }

    /// A single statement. A pooler gets it in a transaction that carries the settings of the session.
    fn alone<'a>(&self, role: Role, statement: Statement<'a>) -> Vec<Step<'a>> {
        match self.connections.is_pooled() {
            true => vec![Step::Begin(role.begin()), Step::Run(statement), Step::Commit],
            false => vec![Step::Run(statement)],
        }
    }

    async fn send(&self, role: Role, steps: Vec<Step<'_>>) -> Result<Answer<RowOf<C>>, StoreError> {
        last(again_if(may_have_lost_a_race, || self.once(role, &steps)).await?)
    }

    async fn once(&self, role: Role, steps: &[Step<'_>]) -> Result<Vec<Answer<RowOf<C>>>, StoreError> {
        let mut session = self.session(role).await?;
        let outcome = session.run(steps).await;
        let outcome = explained(&mut session, &self.sql, &self.schema, outcome).await;
        self.end(session, outcome).await
    }

    /// Gives a session back. Returns the outcome, and tells the pools of this process if the server has answered.
    pub(crate) async fn end<T: Send>(
        &self,
        session: C::Session,
        outcome: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let outcome = session.end(outcome).await;
        match outcome {
            Ok(_) => self.connections.listeners().answered(),
            Err(error @ StoreError::NotMigrated { .. }) => return Err(self.hidden().await.unwrap_or(error)),
            Err(_) => {}
        }
        outcome
    }

    /// The error for a role that may not use the schema of the tables. Asked over another session, because a driver may have
    /// closed that of the statement that found no table.
    async fn hidden(&self) -> Option<StoreError> {
        if self.schema.name().is_some() {
            return None;
        }
        let mut session = self.session(self.calls).await.ok()?;
        let hidden = hidden(&mut session, &self.sql, false).await;
        session.end(Ok(hidden)).await.ok()?
    }
}

/// Whether another transaction won, or the driver does not tell.
pub(crate) fn may_have_lost_a_race(error: &StoreError) -> bool {
    error.lost_a_race() || error.is_unknown()
}

/// Tries again while the error is worth it, a limited number of times.
pub(crate) async fn again_if<T, F: Future<Output = Result<T, StoreError>>>(
    is_worth_it: impl Fn(&StoreError) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError> {
    let (began, mut tries) = (Instant::now(), 0);
    loop {
        let outcome = attempt().await;
        tries += 1;
        match &outcome {
            Err(error)
                if error.is_unknown() && (tries >= MAX_TRIES_UNKNOWN || began.elapsed() > MAX_RACE) => {}
            Err(error) if tries < MAX_TRIES && is_worth_it(error) => continue,
            _ => {}
        }
        return outcome;
    }
}

fn last<R>(answers: Vec<Answer<R>>) -> Result<Answer<R>, StoreError> {
    answers.into_iter().next_back().ok_or_else(|| StoreError::unreachable("the server sent no answer".into()))
}
