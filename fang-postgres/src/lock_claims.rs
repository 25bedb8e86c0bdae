//! Lock-claims on one connection: a transaction locks the rows and stays open until it commits.

use crate::database::{Database, RowOf};
use crate::refused::with_ids;
use crate::row::{get, locked};
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step, Wanted};
use crate::value::{Instant, Tid};
use crate::verbs::claim::ClaimParams;
use async_trait::async_trait;
use fang_core::StoreError;
use fang_core::lists::reached;
use fang_core::store::{Claim, LockClaims, LockCommit, LockedTask, Place, ScanRange, WorkerId};
use std::sync::Arc;
use std::time::Instant as Moment;
use uuid::Uuid;

pub(crate) struct PostgresLockClaims<C: Connections> {
    slot: i16,
    db: Arc<Database<C>>,
    /// The transactions under which lists of this connection may still be in the table.
    listed: Vec<i64>,
    /// The transaction that keeps the rows locked.
    transaction: i64,
    /// How far its claim has come in the scan ranges.
    reached: Option<ScanRange>,
    /// The connection with the open transaction. Writes that must not depend on that transaction use the engine's
    /// connections.
    session: Option<C::Session>,
}

impl<C: Connections> PostgresLockClaims<C> {
    pub(crate) fn new(db: Arc<Database<C>>, slot: i16) -> Self {
        Self { slot, db, listed: Vec::new(), transaction: 0, reached: None, session: None }
    }

    /// Runs steps on the connection. After an error the connection is closed, which releases its locks.
    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<RowOf<C>>, StoreError> {
        let lost = || StoreError::unreachable("the connection with the lock-claims is lost".into());
        let mut session = self.session.take().ok_or_else(lost)?;
        let answers = session.run(steps).await.inspect_err(|_| self.db.first.forget())?;
        self.session = Some(session);
        Ok(answers.into_iter().flat_map(|answer| answer.rows).collect())
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        self.session.take_if(OwnSession::is_closed);
        if self.session.is_none() {
            self.session = Some(self.db.session(Role::LockClaims).await?);
        }
        Ok(())
    }
}

#[async_trait]
impl<C: Connections> LockClaims for PostgresLockClaims<C> {
    /// A crowded claim takes an advisory lock first, before the transaction begins, because its clock decides what
    /// is due.
    async fn lock(&mut self, claim: &Claim<'_>) -> Result<Vec<LockedTask>, StoreError> {
        self.db.look_at_lists().await;
        self.connect().await?;
        let db = self.db.clone();
        let (sql, params) = (&db.sql, ClaimParams::new(claim, db.first.transaction()));
        let lock =
            with_ids(&sql.lock_claim, &params.all(), &db.refused.left_out(Moment::now()), Wanted::Rows)?;
        let mut steps = vec![Step::Begin("BEGIN"), Step::Run(lock)];
        if claim.crowded {
            steps.insert(0, Step::Run(params.crowd(&sql.crowd_lock_session)?));
            steps.push(Step::Run(params.crowd(&sql.crowd_unlock)?));
        }
        let rows = self.run(&steps).await;
        db.first.learn(&rows);
        let rows = rows?;
        if let Some(row) = rows.first() {
            self.transaction = get(row, 13)?;
        }
        let mut tasks: Vec<LockedTask> = rows.iter().map(locked).collect::<Result<_, _>>()?;
        self.reached = reached(&tasks);
        // Its result may be refused again, so it would run after each pause.
        let refused = db.refused.known();
        tasks.iter_mut().for_each(|locked| locked.is_apart |= refused.contains(&locked.task.id));
        Ok(tasks)
    }

    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError> {
        let (ids, leases): (Vec<Uuid>, Vec<i32>) = tasks.iter().copied().unzip();
        // Nulls if no task was found.
        let mode = self.reached.map(|range| range.mode as i16);
        let priority = self.reached.map(|range| range.priority as i16);
        let floor = self.reached.map(|range| Instant(range.floor));
        let (db, transaction) = (self.db.clone(), self.transaction);
        let earlier: Vec<i64> = self.listed.iter().copied().filter(|listed| *listed != transaction).collect();
        self.listed.push(transaction);
        let statement = Statement::rows(
            &db.sql.list_locked,
            &[
                &worker.0,
                &self.slot,
                &task_type,
                &transaction,
                &ids,
                &leases,
                &mode,
                &priority,
                &floor,
                &earlier,
                &db.first.transaction(),
            ],
        )?;
        let rows = db.query(Role::Engine, statement).await?;
        self.listed = vec![transaction];
        // From now on, other pools that lock one of these rows find it listed. This checks that the rows are still
        // locked.
        self.run(&[Step::Batch("SELECT 1")]).await?;
        rows.iter().map(|row| Ok((get(row, 0)?, WorkerId(get(row, 1)?)))).collect()
    }

    async fn commit(&mut self, commit: &LockCommit) -> Result<(), StoreError> {
        let db = self.db.clone();
        let mut steps = Vec::new();
        if !commit.remove.is_empty() {
            let places = tids(&commit.remove);
            steps.push(Step::Run(Statement::count(&db.sql.remove_locked, &[&places])?));
        }
        for (worker, places) in &commit.write {
            steps.push(Step::Run(Statement::count(&db.sql.write_claims, &[&worker.0, &tids(places)])?));
        }
        steps.push(Step::Commit);
        self.run(&steps).await.map(|_| ())
    }

    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        let statement = Statement::count(&self.db.sql.unlist, &[&worker.0, &self.slot, &self.listed])?;
        self.db.execute(Role::Engine, statement).await?;
        self.session = None;
        self.listed.clear();
        Ok(())
    }

    /// A row for which the server refuses this and the removal would be locked again, and run, for ever.
    async fn write_claims(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let (ids, leases): (Vec<Uuid>, Vec<i32>) = tasks.iter().copied().unzip();
        let statement = Statement::count(&self.db.sql.write_lost_claims, &[&worker.0, &ids, &leases])?;
        let mut outcome = self.db.execute(Role::Engine, statement).await;
        if let Err(error) = outcome {
            let none = Statement::count(
                &self.db.sql.write_lost_claims,
                &[&worker.0, &Vec::<Uuid>::new(), &Vec::<i32>::new()],
            )?;
            outcome = Err(self.db.looked_into(Role::Engine, error, none).await);
        }
        if let (Err(error), [id]) = (&outcome, &*ids)
            && error.is_refusal()
        {
            self.db.refused.add(Moment::now(), *id);
        }
        outcome.map(|_| ())
    }
}

fn tids(places: &[Place]) -> Vec<Tid> {
    places.iter().copied().map(Tid).collect()
}
