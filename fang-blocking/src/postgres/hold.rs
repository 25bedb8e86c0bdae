//! A connection that holds tasks: claims without a write, within a transaction that stays open.

use super::PostgresStore;
use super::connect::{Channel, Dialer};
use super::convert::{HeldSql, Tid, TidSql, held};
use super::error::store_error;
use super::run::{self, As, Bind, Keep, bind};
use super::tasks::ClaimParams;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use fang_core::StoreError;
use fang_core::hold::listed;
use fang_core::sql::Statements;
use fang_core::store::{Claim, HeldTask, Holder, Listed, Place, Settlement, WorkerId};
use std::sync::Arc;
use uuid::Uuid;

pub(super) struct PostgresHolder {
    slot: i16,
    /// For its own transaction.
    dialer: Dialer,
    /// For what must be written whatever becomes of that.
    engine: Arc<Channel>,
    statements: Arc<Statements>,
    /// Its own, and nobody else's: a transaction may be open on it.
    connection: Option<PgConnection>,
}

impl PostgresHolder {
    pub(super) fn new(store: &PostgresStore, slot: i16) -> Option<Self> {
        // A pooler would be kept from its connections, and so would the application.
        let dialer = store.address.dialer()?;
        let (engine, statements) = (store.engine.clone(), store.statements.clone());
        Some(Self { slot, dialer, engine, statements, connection: None })
    }

    /// Does something with the connection, which goes, and its locks with it, unless all is well.
    fn with<T>(
        &mut self,
        act: impl FnOnce(&mut PgConnection, &Statements) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lost = || StoreError::unreachable("nothing is held any more".into());
        let mut connection = self.connection.take().ok_or_else(lost)?;
        let value = act(&mut connection, &self.statements)?;
        self.connection = Some(connection);
        Ok(value)
    }
}

impl Holder for PostgresHolder {
    fn hold(&mut self, claim: &Claim<'_>) -> Result<Vec<HeldTask>, StoreError> {
        self.connection.take_if(|connection| self.dialer.finds_closed(connection));
        if self.connection.is_none() {
            self.connection = Some(self.dialer.connect()?);
        }
        let params = ClaimParams::new(claim);
        let rows = self.with(|connection, sql| {
            execute(connection, "BEGIN")?;
            run::query_on::<HeldSql, _>(connection, Keep::Prepared, &sql.hold, &params.all())
        })?;
        Ok(rows.into_iter().map(held).collect())
    }

    fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Listed, StoreError> {
        let (ids, leases) = columns(tasks);
        let (worker, slot) = (bind::<BigInt, _>(worker.0), bind::<SmallInt, _>(self.slot));
        let binds: [&dyn Bind; 5] = [&worker, &slot, &bind::<Text, _>(task_type), &ids, &leases];
        let rows = run::query::<ListedSql, ListedRow>(&self.engine, &self.statements.list_held, &binds)?;
        // Whoever locked a row after this moment finds it listed.
        self.with(|connection, _| execute(connection, "SELECT 1"))?;
        Ok(listed(rows.into_iter().map(|(id, _, worker)| (id, worker))))
    }

    fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        self.with(|connection, sql| settle(connection, sql, settlement))
    }

    fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        let binds: [&dyn Bind; 2] = [&bind::<BigInt, _>(worker.0), &bind::<SmallInt, _>(self.slot)];
        run::execute(&self.engine, &self.statements.unlist, &binds).map(|_| ())
    }

    fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let (ids, leases) = columns(tasks);
        let binds: [&dyn Bind; 3] = [&bind::<BigInt, _>(worker.0), &ids, &leases];
        run::execute(&self.engine, &self.statements.lease_held, &binds).map(|_| ())
    }
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
type ListedSql = (Nullable<SqlUuid>, Nullable<Integer>, BigInt);
type ListedRow = (Option<Uuid>, Option<i32>, i64);

type Ids = As<Array<SqlUuid>, Vec<Uuid>>;
type Leases = As<Array<Integer>, Vec<i32>>;

fn columns(tasks: &[(Uuid, i32)]) -> (Ids, Leases) {
    let (ids, leases) = tasks.iter().copied().unzip();
    (bind(ids), bind(leases))
}

fn tids(places: &[Place]) -> As<Array<TidSql>, Vec<Tid>> {
    bind(places.iter().copied().map(Tid).collect())
}
