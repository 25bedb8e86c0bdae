//! A connection that holds tasks: claims without a write, within a transaction that stays open.

use super::PostgresStore;
use super::connect::Channel;
use super::convert::{Instant, Tid, claimed, tid};
use super::lists::Lists;
use super::run::{self, Param};
use super::store_error;
use super::tasks::ClaimParams;
use async_trait::async_trait;
use deadpool_postgres::{ClientWrapper, Object};
use fang_core::StoreError;
use fang_core::hold::reached;
use fang_core::sql::Statements;
use fang_core::sql::columns::ReachedColumns;
use fang_core::store::{Claim, HeldTask, Holder, Lane, Settlement, WorkerId};
use futures_util::future::{join, join_all, join3};
use std::sync::Arc;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

pub(super) struct PostgresHolder {
    slot: i16,
    /// For its own transaction.
    held: Channel,
    /// For what must be written whatever becomes of that.
    engine: Channel,
    statements: Arc<Statements>,
    lists: Arc<Lists>,
    /// Under which transactions something of its own may be listed.
    listed: Vec<i64>,
    /// The transaction that keeps the rows.
    holder: i64,
    /// How far it has come.
    reached: Option<Lane>,
    /// Its own, and never again that of a pool: a transaction may be open on it.
    client: Option<ClientWrapper>,
}

impl PostgresHolder {
    pub(super) fn new(store: &PostgresStore, slot: i16) -> Option<Self> {
        let held = store.holds.clone();
        // A pooler would be kept from its connections, and nothing can be prepared there.
        (held.begin.is_none()).then(|| Self {
            slot,
            held,
            engine: store.engine.clone(),
            statements: store.statements.clone(),
            lists: store.lists.clone(),
            listed: Vec::new(),
            holder: 0,
            reached: None,
            client: None,
        })
    }

    /// The outcome of what was sent; the connection goes, and its locks with it, unless all is well.
    fn outcome<T>(&mut self, client: ClientWrapper, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        let value = outcome.inspect_err(|_| self.lists.first.forget())?;
        self.client = Some(client);
        Ok(value)
    }

    fn client(&mut self) -> Result<ClientWrapper, StoreError> {
        self.client.take().ok_or_else(|| StoreError::unreachable("nothing is held any more".into()))
    }
}

#[async_trait]
impl Holder for PostgresHolder {
    async fn hold(&mut self, claim: &Claim<'_>) -> Result<Vec<HeldTask>, StoreError> {
        self.lists.look().await;
        let client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => Object::take(run::get(&self.held).await?),
        };
        let params = ClaimParams::new(claim, self.lists.first.holder());
        let outcome = run::in_time(hold(&client, &self.statements, &params, claim.crowded)).await;
        let rows = self.outcome(client, outcome);
        self.lists.first.learn(&rows);
        let rows = rows?;
        if let Some(row) = rows.first() {
            self.holder = row.try_get(12).map_err(|error| store_error(&error))?;
        }
        let tasks: Vec<HeldTask> = rows.iter().map(held).collect::<Result<_, _>>()?;
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
        let (holder, first_listed) = (self.holder, self.lists.first.holder());
        let earlier: Vec<i64> = self.listed.iter().copied().filter(|listed| *listed != holder).collect();
        self.listed.push(holder);
        let params: [Param<'_>; 11] = [
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
            &first_listed,
        ];
        let rows = run::query(&self.engine, &self.statements.list_held, &params).await?;
        self.listed = vec![holder];
        // Whoever locked a row after this moment finds it listed.
        let client = self.client()?;
        let outcome = run::in_time(client.batch_execute("SELECT")).await;
        self.outcome(client, outcome)?;
        rows.iter().map(theirs).collect()
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        let client = self.client()?;
        let outcome = run::in_time(settle(&client, &self.statements, settlement)).await;
        self.outcome(client, outcome)
    }

    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        let params: [Param<'_>; 3] = [&worker.0, &self.slot, &self.listed];
        run::execute(&self.engine, &self.statements.unlist, &params).await?;
        self.client = None;
        self.listed.clear();
        Ok(())
    }

    async fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let (ids, leases): (Vec<Uuid>, Vec<i32>) = tasks.iter().copied().unzip();
        let params: [Param<'_>; 3] = [&worker.0, &ids, &leases];
        run::execute(&self.engine, &self.statements.lease_held, &params).await.map(|_| ())
    }
}

/// One round trip. In a crowd it waits for its turn before the transaction begins, whose clock says what is due.
async fn hold(
    client: &ClientWrapper,
    sql: &Statements,
    params: &ClaimParams<'_>,
    crowded: bool,
) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(&sql.hold).await?;
    let (turn, params) = (params.turn(), params.hold());
    let all = async {
        let (begun, rows) =
            join(client.batch_execute("BEGIN"), client.query(&statement, &run::plain(&params))).await;
        begun.and(rows)
    };
    if !crowded {
        return all.await;
    }
    let wait = client.prepare_cached(&sql.hold_turn).await?;
    let leave = client.prepare_cached(&sql.leave_turn).await?;
    let turn = run::plain(&turn);
    let (waited, rows, left) = join3(client.query(&wait, &turn), all, client.query(&leave, &turn)).await;
    waited.and(left).and(rows)
}

/// One round trip: what fails makes a rollback of the commit.
async fn settle(client: &ClientWrapper, sql: &Statements, settlement: &Settlement) -> Result<(), Error> {
    let places: Vec<Tid> = settlement.remove.iter().copied().map(Tid).collect();
    let claims: Vec<(i64, Vec<Tid>)> = settlement
        .lease
        .iter()
        .map(|(worker, places)| (worker.0, places.iter().copied().map(Tid).collect()))
        .collect();
    let remove = client.prepare_cached(&sql.settle_remove).await?;
    let lease = client.prepare_cached(&sql.settle_lease).await?;
    let removed = async {
        let params: [Param<'_>; 1] = [&places];
        if places.is_empty() { Ok(0) } else { client.execute(&remove, &run::plain(&params)).await }
    };
    let leased = claims.iter().map(async |(worker, places)| {
        let params: [Param<'_>; 2] = [worker, places];
        client.execute(&lease, &run::plain(&params)).await
    });
    let (removed, leased, committed) = join3(removed, join_all(leased), client.batch_execute("COMMIT")).await;
    removed?;
    leased.into_iter().collect::<Result<Vec<u64>, Error>>()?;
    committed
}

/// A row of `list_held.sql`.
fn theirs(row: &Row) -> Result<(Uuid, WorkerId), StoreError> {
    let read = |error: Error| store_error(&error);
    Ok((row.try_get(0).map_err(read)?, WorkerId(row.try_get(1).map_err(read)?)))
}

/// A row of `hold.sql`.
fn held(row: &Row) -> Result<HeldTask, StoreError> {
    let read = |error: Error| store_error(&error);
    Ok(HeldTask {
        task: claimed(row)?,
        place: tid(row, 10).map_err(read)?,
        is_apart: row.try_get(11).map_err(read)?,
    })
}
