//! Sessions over tokio-postgres, which the Postgres store uses.

mod client;
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
use connect::Role;
use deadpool_postgres::{Object, Pool};
use error::pool_error;
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::notify::Listeners;
use fang_postgres::{Connections, NeverBlocks};
use std::sync::Arc;

/// The store over one database.
pub(crate) type PostgresStore = fang_postgres::PostgresStore<Pools>;

/// A connection pool for each role. Connections are opened when they are first needed.
pub(crate) struct Pools {
    address: Arc<Address>,
    listeners: Listeners,
    /// Those of the calls, and those of a worker pool.
    wanted: Arc<Wanted>,
    _of_a_pool: Option<Wanted>,
    calls: Pool,
    engine: Pool,
    heart: Pool,
    lock_claims: Pool,
}

impl Pools {
    pub(crate) fn new(address: Address) -> Result<Self, StoreError> {
        let (address, listeners) = (Arc::new(address), Listeners::default());
        let calls = address.pool(Role::Calls, &listeners)?;
        let wanted = Arc::new(Wanted::new(calls.status().max_size));
        Self::around(calls, address, listeners, wanted)
    }

    fn around(
        calls: Pool,
        address: Arc<Address>,
        listeners: Listeners,
        wanted: Arc<Wanted>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            wanted,
            _of_a_pool: None,
            calls,
            engine: address.pool(Role::Engine, &listeners)?,
            heart: address.pool(Role::Heart, &listeners)?,
            lock_claims: address.pool(Role::LockClaims, &listeners)?,
            address,
            listeners,
        })
    }

    async fn get(&self, pool: &Pool) -> Result<Object, StoreError> {
        pool.get().await.map_err(|error| pool_error(&error, self.address.string()))
    }
}

impl NeverBlocks for Pools {}

impl Connections for Pools {
    type Session = TokioSession;

    async fn session(&self, role: Role) -> Result<TokioSession, StoreError> {
        let is_pooled = self.is_pooled();
        Ok(match role {
            Role::Calls => TokioSession::lent(self.get(&self.calls).await?, is_pooled),
            Role::Engine => TokioSession::lent(self.get(&self.engine).await?, is_pooled),
            Role::Heart => TokioSession::lent(self.get(&self.heart).await?, is_pooled),
            Role::LockClaims => TokioSession::own(Object::take(self.get(&self.lock_claims).await?)),
        })
    }

    fn of_a_pool(&self) -> Result<Self, StoreError> {
        let (calls, wanted) = (self.calls.clone(), self.wanted.clone());
        let own = Self::around(calls, self.address.clone(), self.listeners.clone(), wanted)?;
        let lock_claims = own.can_lock().then_some(&own.lock_claims);
        let pools = [&own.engine, &own.heart].into_iter().chain(lock_claims);
        let of_a_pool = Wanted::new(pools.map(|pool| pool.status().max_size).sum());
        Ok(Self { _of_a_pool: Some(of_a_pool), ..own })
    }

    fn is_pooled(&self) -> bool {
        self.address.is_pooled()
    }

    fn keeps_heart(&self) -> bool {
        !self.is_pooled()
    }

    fn can_lock(&self) -> bool {
        !self.is_pooled()
    }

    fn listens(&self) -> bool {
        self.address.listens()
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}
