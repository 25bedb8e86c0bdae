//! A connection that holds tasks: claims without a write, within a transaction that stays open.

use super::PostgresStore;
use super::connect::{Channel, Dialer};
use super::convert::{HeldRow, HeldSql, Tid, TidSql, held, timestamp};
use super::error::store_error;
use super::lists::Lists;
use super::run::{self, As, Bind, Keep, bind};
use super::tasks::ClaimParams;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use fang_core::hold::reached;
use fang_core::sql::Statements;
use fang_core::sql::columns::ReachedColumns;
use fang_core::store::{Claim, HeldTask, Holder, Lane, Place, Settlement, WorkerId};
use fang_core::{StoreError, async_trait};
use std::sync::Arc;
use uuid::Uuid;

pub(super) struct PostgresHolder {
    slot: i16,
    /// For its own transaction.
    dialer: Dialer,
    /// For what must be written whatever becomes of that.
    engine: Arc<Channel>,
    statements: Arc<Statements>,
    lists: Arc<Lists>,
    /// Under which transactions something of its own may be listed.
    listed: Vec<i64>,
    /// The transaction that keeps the rows.
    holder: i64,
    /// How far it has come.
    reached: Option<Lane>,
    /// Its own, and nobody else's: a transaction may be open on it.
    connection: Option<PgConnection>,
}

impl PostgresHolder {
    pub(super) fn new(store: &PostgresStore, slot: i16) -> Option<Self> {
        // A pooler would be kept from its connections, and so would the application.
        let dialer = store.address.dialer()?;
        let (engine, statements, lists) =
            (store.engine.clone(), store.statements.clone(), store.lists.clone());
        let (listed, holder) = (Vec::new(), 0);
        Some(Self {
            slot,
            dialer,
            engine,
            statements,
            lists,
            listed,
            holder,
            reached: None,
            connection: None,
        })
    }

    /// Does something with the connection, which goes, and its locks with it, unless all is well.
    fn with<T>(
        &mut self,
        act: impl FnOnce(&mut PgConnection, &Statements) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lost = || StoreError::unreachable("nothing is held any more".into());
        let mut connection = self.connection.take().ok_or_else(lost)?;
        let value = act(&mut connection, &self.statements).inspect_err(|_| self.lists.first.forget())?;
        self.connection = Some(connection);
        Ok(value)
    }
}

#[async_trait]
impl Holder for PostgresHolder {
    async fn hold(&mut self, claim: &Claim<'_>) -> Result<Vec<HeldTask>, StoreError> {
        self.lists.look();
        self.connection.take_if(|connection| self.dialer.finds_closed(connection));
        if self.connection.is_none() {
            self.connection = Some(self.dialer.connect()?);
        }
        let params = ClaimParams::new(claim, self.lists.first.holder());
        let rows = self.with(|connection, sql| hold(connection, sql, &params, claim.crowded));
        self.lists.first.learn(&rows);
        let rows = rows?;
        if let Some((_, (_, _, holder))) = rows.first() {
            self.holder = *holder;
        }
        let tasks: Vec<HeldTask> = rows.into_iter().map(held).collect();
        self.reached = reached(&tasks);
        Ok(tasks)
    }

    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError> {
        let (ids, leases) = columns(tasks);
        let (worker, slot) = (bind::<BigInt, _>(worker.0), bind::<SmallInt, _>(self.slot));
        let holder = bind::<BigInt, _>(self.holder);
        let earlier = self.listed.iter().copied().filter(|listed| *listed != self.holder).collect();
        let earlier = bind::<Array<BigInt>, Vec<i64>>(earlier);
        let first_listed = bind::<BigInt, _>(self.lists.first.holder());
        self.listed.push(self.holder);
        let reached = ReachedColumns::new(self.reached);
        let mode = bind::<Nullable<SmallInt>, _>(reached.mode);
        let priority = bind::<Nullable<SmallInt>, _>(reached.priority);
        let floor = bind::<Nullable<Timestamptz>, _>(reached.floor.map(timestamp));
        let task_type = bind::<Text, _>(task_type);
        let binds: [&dyn Bind; 11] = [
            &worker,
            &slot,
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
        let rows = run::query::<ListedSql, ListedRow>(&self.engine, &self.statements.list_held, &binds)?;
        self.listed = vec![self.holder];
        // Whoever locked a row after this moment finds it listed.
        self.with(|connection, _| execute(connection, "SELECT 1"))?;
        Ok(rows.into_iter().map(|(id, worker)| (id, WorkerId(worker))).collect())
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        self.with(|connection, sql| settle(connection, sql, settlement))
    }

    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        let (worker, slot) = (bind::<BigInt, _>(worker.0), bind::<SmallInt, _>(self.slot));
        let listed = bind::<Array<BigInt>, _>(self.listed.clone());
        run::execute(&self.engine, &self.statements.unlist, &[&worker, &slot, &listed])?;
        self.connection = None;
        self.listed.clear();
        Ok(())
    }

    async fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let (ids, leases) = columns(tasks);
        let binds: [&dyn Bind; 3] = [&bind::<BigInt, _>(worker.0), &ids, &leases];
        run::execute(&self.engine, &self.statements.lease_held, &binds).map(|_| ())
    }
}

/// In a crowd it waits for its turn before the transaction begins, whose clock says what is due.
fn hold(
    connection: &mut PgConnection,
    sql: &Statements,
    params: &ClaimParams<'_>,
    crowded: bool,
) -> Result<Vec<HeldRow>, StoreError> {
    if crowded {
        run::execute_on(connection, Keep::Prepared, &sql.hold_turn, &params.turn())?;
    }
    execute(connection, "BEGIN")?;
    let rows = run::query_on::<HeldSql, HeldRow>(connection, Keep::Prepared, &sql.hold, &params.hold())?;
    if crowded {
        run::execute_on(connection, Keep::Prepared, &sql.leave_turn, &params.turn())?;
    }
    Ok(rows)
}

fn settle(
    connection: &mut PgConnection,
    sql: &Statements,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    if !settlement.remove.is_empty() {
        let places = tids(&settlement.remove);
        run::execute_on(connection, Keep::Prepared, &sql.settle_remove, &[&places])?;
    }
    for (worker, places) in &settlement.lease {
        let binds: [&dyn Bind; 2] = [&bind::<BigInt, _>(worker.0), &tids(places)];
        run::execute_on(connection, Keep::Prepared, &sql.settle_lease, &binds)?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), StoreError> {
    connection.batch_execute(sql).map_err(|error| store_error(&error))
}

/// The columns of `list_held.sql`.
type ListedSql = (SqlUuid, BigInt);
type ListedRow = (Uuid, i64);

type Ids = As<Array<SqlUuid>, Vec<Uuid>>;
type Leases = As<Array<Integer>, Vec<i32>>;

fn columns(tasks: &[(Uuid, i32)]) -> (Ids, Leases) {
    let (ids, leases) = tasks.iter().copied().unzip();
    (bind(ids), bind(leases))
}

fn tids(places: &[Place]) -> As<Array<TidSql>, Vec<Tid>> {
    bind(places.iter().copied().map(Tid).collect())
}
