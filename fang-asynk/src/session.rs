//! Sessions over tokio-postgres, which the Postgres store uses.

mod canceller;
mod client;
mod clocks;
mod connect;
mod error;
mod pipeline;
#[cfg(feature = "sqlx")]
mod sqlx;
mod transaction;

#[cfg(feature = "sqlx")]
pub(crate) use self::sqlx::SqlxTransaction;
pub use connect::TlsConnector;
pub(crate) use connect::{Address, Options};
pub(crate) use transaction::Theirs;

use client::TokioSession;
use clocks::Clocks;
use connect::Role;
use deadpool_postgres::{Object, Pool};
use error::pool_error;
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::notify::Listeners;
use fang_postgres::{Connections, Keeping, Kept, NeverBlocks};
use std::sync::Arc;

/// The store over one database.
pub(crate) type PostgresStore = fang_postgres::PostgresStore<Pools>;

/// A connection pool for each role: one for all roles, unless it belongs to a worker pool. Connections are opened when
/// they are first needed.
pub(crate) struct Pools {
    address: Arc<Address>,
    listeners: Listeners,
    /// Those of the calls, and those of a worker pool.
    wanted: Arc<Wanted>,
    of_a_pool: Option<Wanted>,
    calls: Pool,
    engine: Pool,
    heart: Pool,
    lock_claims: Pool,
    upkeep: Pool,
    keeping: Arc<Keeping>,
}

impl Pools {
    /// The connections of an application. Worker pools get theirs from `of_a_pool`.
    pub(crate) fn new(address: Address) -> Result<Self, StoreError> {
        let (address, listeners) = (Arc::new(address), Listeners::default());
        let keeping = Arc::default();
        let pool = |role| address.pool(role, &listeners, &keeping);
        let calls = pool(Role::Calls)?;
        Ok(Self {
            wanted: Arc::new(Wanted::new(calls.status().max_size)),
            of_a_pool: None,
            engine: calls.clone(),
            heart: calls.clone(),
            lock_claims: pool(Role::LockClaims)?,
            upkeep: pool(Role::Upkeep)?,
            keeping,
            calls,
            address,
            listeners,
        })
    }

    /// A connection that returns to its pool.
    async fn lent(&self, pool: &Pool) -> Result<TokioSession, StoreError> {
        let canceller = self.address.canceller().clone();
        Ok(TokioSession::lent(self.get(pool).await?, self.address.is_pooled(), canceller))
    }

    /// A connection that is closed after use.
    async fn own(&self, pool: &Pool) -> Result<TokioSession, StoreError> {
        Ok(TokioSession::own(Object::take(self.get(pool).await?), self.address.is_pooled()))
    }

    async fn get(&self, pool: &Pool) -> Result<Object, StoreError> {
        let clocks = Clocks::read();
        pool.get().await.map_err(|error| clocks.explain(pool_error(&error, self.address.string())))
    }
}

impl NeverBlocks for Pools {}

impl Connections for Pools {
    type Session = TokioSession;

    async fn session(&self, role: Role) -> Result<TokioSession, StoreError> {
        let kept = self.keeping.get();
        Ok(match role {
            Role::Calls => self.lent(&self.calls).await?,
            Role::Engine => self.lent(&self.engine).await?,
            Role::Heart => self.lent(&self.heart).await?.kept(kept.heart),
            Role::LockClaims => self.own(&self.lock_claims).await?,
            Role::Upkeep => self.own(&self.upkeep).await?,
        })
    }

    fn of_a_pool(&self) -> Result<Self, StoreError> {
        let keeping = Arc::default();
        let pool = |role| self.address.pool(role, &self.listeners, &keeping);
        let (engine, heart) = (pool(Role::Engine)?, pool(Role::Heart)?);
        let (lock_claims, upkeep) = (pool(Role::LockClaims)?, pool(Role::Upkeep)?);
        let locking = self.can_lock().then_some(&lock_claims);
        let pools = [&engine, &heart, &upkeep].into_iter().chain(locking);
        let of_a_pool = Some(Wanted::new(pools.map(|pool| pool.status().max_size).sum()));
        let (address, listeners) = (self.address.clone(), self.listeners.clone());
        let (wanted, calls) = (self.wanted.clone(), self.calls.clone());
        Ok(Self { address, listeners, wanted, of_a_pool, calls, engine, heart, lock_claims, upkeep, keeping })
    }

    fn is_pooled(&self) -> bool {
        self.address.is_pooled()
    }

    fn keeps_heart(&self) -> bool {
        self.of_a_pool.is_some() && !self.is_pooled() && self.keeping.get().heart
    }

    fn kept(&self) -> Kept {
        self.keeping.get()
    }

    fn keep(&self, kept: Kept) {
        if self.of_a_pool.is_none() {
            return;
        }
        self.keeping.set(kept);
        self.close_idle();
    }

    fn close_idle(&self) {
        if self.of_a_pool.is_none() {
            return;
        }
        // That of the heart has the lock of its worker until a beat tells that it is of no account.
        if !self.keeping.get().engine {
            self.engine.retain(|_, _| false);
        }
    }

    fn can_lock(&self) -> bool {
        !self.is_pooled()
    }

    fn can_vacuum(&self) -> bool {
        self.of_a_pool.is_some()
    }

    fn listens(&self) -> bool {
        self.address.listens() && self.keeping.get().heart
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}
