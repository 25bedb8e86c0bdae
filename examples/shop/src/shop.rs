//! What requests and tasks use.

use crate::config::Config;
use crate::mailer::Mailer;
use crate::request_id;
use crate::warehouse::Warehouse;
use deadpool_postgres::{Manager, Pool};
use fang::{AsyncQueue, NoTls};

const TABLES: &str = include_str!("tables.sql");

/// What requests and async tasks use. Clones share it.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The queue that takes the tasks.
    pub queue: AsyncQueue,
    /// The connections for the rows of the shop.
    pub database: Pool,
    /// Sends mails.
    pub mailer: Mailer,
    /// Is told of orders.
    pub warehouse: Warehouse,
}

impl Shop {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// Fails if an address is not valid.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let queue = AsyncQueue::builder().uri(&config.database_url).before_insert(request_id::stamp).build();
        let manager = Manager::new(config.database_url.parse()?, NoTls);
        Ok(Self {
            queue,
            database: Pool::builder(manager).max_size(10).build()?,
            mailer: Mailer::new(&config.mails),
            warehouse: Warehouse::new(&config.warehouse_url)?,
        })
    }

    /// Creates the tables of the shop, unless they exist, and those of fang, or upgrades the latter.
    ///
    /// # Errors
    /// Fails if the database cannot be reached or refuses to create them.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.queue.migrate().await?;
        self.database.get().await?.batch_execute(TABLES).await?;
        Ok(())
    }
}
