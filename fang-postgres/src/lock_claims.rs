//! Lock-claims on one connection: a transaction locks the rows and stays open until it commits.

use crate::claim_params::ClaimParams;
use crate::columns::ReachedColumns;
use crate::database::{Database, RowOf};
use crate::row::{get, held};
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step};
use crate::value::{Instant, Tid};
use async_trait::async_trait;
use fang_core::StoreError;
use fang_core::lists::reached;
use fang_core::store::{Claim, LockClaims, LockedTask, Place, ScanRange, Settlement, WorkerId};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct PostgresLockClaims<C: Connections> {
    slot: i16,
    db: Arc<Database<C>>,
    /// The transactions under which lists of this connection may still be in the table.
    listed: Vec<i64>,
    /// The transaction that keeps the rows locked.
    holder: i64,
    /// How far its claim has come in the scan ranges.
    reached: Option<ScanRange>,
    /// The connection with the open transaction. Writes that must not depend on that transaction use the engine's
    /// connections.
    session: Option<C::Session>,
}

impl<C: Connections> PostgresLockClaims<C> {
    pub(crate) fn new(db: Arc<Database<C>>, slot: i16) -> Self {
        Self { slot, db, listed: Vec::new(), holder: 0, reached: None, session: None }
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
            self.session = Some(self.db.connections.session(Role::LockClaims).await?);
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
        let (sql, params) = (&db.sql, ClaimParams::new(claim, db.first.holder()));
        let mut steps = vec![Step::Begin("BEGIN"), Step::Run(params.hold(sql)?)];
        if claim.crowded {
            steps.insert(0, Step::Run(params.turn(&sql.hold_turn)?));
            steps.push(Step::Run(params.turn(&sql.leave_turn)?));
        }
        let rows = self.run(&steps).await;
        db.first.learn(&rows);
        let rows = rows?;
        if let Some(row) = rows.first() {
            self.holder = get(row, 12)?;
        }
        let tasks: Vec<LockedTask> = rows.iter().map(held).collect::<Result<_, _>>()?;
        self.reached = reached(&tasks);
        Ok(tasks)
    }

    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError> {
        let (ids, leases): (Vec<Uuid>, Vec<i32>) = tasks.iter().copied().unzip();
        let ReachedColumns { mode, priority, floor } = ReachedColumns::new(self.reached);
        let floor = floor.map(Instant);
        let (db, holder) = (self.db.clone(), self.holder);
        let earlier: Vec<i64> = self.listed.iter().copied().filter(|listed| *listed != holder).collect();
        self.listed.push(holder);
        let statement = Statement::rows(
            &db.sql.list_held,
            &[
                &worker.0,
                &self.slot,
                &task_type,
                &holder,
                &ids,
                &leases,
                &mode,
                &priority,
                &floor,
                &earlier,
                &db.first.holder(),
            ],
        )?;
        let rows = db.query(Role::Engine, statement).await?;
        self.listed = vec![holder];
        // From now on, other pools that lock one of these rows find it listed. This checks that the rows are still
        // locked.
        self.run(&[Step::Batch("SELECT 1")]).await?;
        rows.iter().map(|row| Ok((get(row, 0)?, WorkerId(get(row, 1)?)))).collect()
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        let db = self.db.clone();
        let mut steps = Vec::new();
        if !settlement.remove.is_empty() {
            let places = tids(&settlement.remove);
            steps.push(Step::Run(Statement::count(&db.sql.settle_remove, &[&places])?));
        }
        for (worker, places) in &settlement.lease {
            steps.push(Step::Run(Statement::count(&db.sql.settle_lease, &[&worker.0, &tids(places)])?));
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

    async fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let (ids, leases): (Vec<Uuid>, Vec<i32>) = tasks.iter().copied().unzip();
        let statement = Statement::count(&self.db.sql.lease_held, &[&worker.0, &ids, &leases])?;
        self.db.execute(Role::Engine, statement).await.map(|_| ())
    }
}

fn tids(places: &[Place]) -> Vec<Tid> {
    places.iter().copied().map(Tid).collect()
}
