use crate::backend::Backend;
use crate::handle::Handle;
use crate::runtime::block_on;
use crate::session::{Address, Links, PgPool, PostgresStore, Theirs};
use diesel::PgConnection;
use fang_core::store::{Inserted, Store};
use fang_core::{NewTask, QueueError, Redacted};
use fang_engine::insert_rules::batches;
use fang_postgres::Schema;
use std::sync::Arc;

fang_engine::postgres_queue! {
    blocking
    /// A queue in Postgres. An application inserts tasks through it, and [`WorkerPool`](crate::WorkerPool) runs them.
    /// Clones share its connections.
    ///
    /// The queue can use the connection pool of the application:
    ///
    /// ```no_run
    /// use diesel::r2d2::{ConnectionManager, Pool};
    /// use fang_blocking::{PgConnection, Queue};
    /// let manager = ConnectionManager::<PgConnection>::new("postgres://fang:secret@localhost/app");
    /// let pool = Pool::builder().max_size(10).build(manager)?;
    /// let queue = Queue::builder().connection_pool(pool).build();
    /// queue.migrate()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Running worker pools keep two connections of that pool for themselves. Build one queue and clone it for all
    /// worker pools, so that they share these two connections. A pool of two connections lends them one. A pool of
    /// one connection lends them none: a task that uses this connection for longer than the lease then makes its
    /// worker pool look dead, and may run twice.
    ///
    /// The queue can also open connections of its own: `Queue::builder().uri("postgres://...").build()`.
    pub struct Queue as Backend over PostgresStore as dyn Store {
        /// The connection pool of the application. It takes precedence over `uri`. Defaults to none.
        #[builder(default, setter(strip_option))]
        connection_pool: Option<PgPool>,
        /// The address of the database, if the queue opens connections of its own: a URI or `key=value` pairs, in the
        /// format of libpq.
        #[builder(default, setter(transform = |uri: impl Into<String>| Some(Redacted::from(uri.into()))))]
        uri: Option<Redacted<String>>,
        /// The most connections that the application and its tasks use together, if the queue has a `uri`. Each
        /// running worker pool opens up to three connections of its own, and up to two more for lock-claims.
        /// Defaults to 10; 0 means 1.
        #[builder(default = 10, setter(into))]
        max_pool_size: u32,
    }
}

impl Queue {
    /// Brings the schema up to date. Creates the tables, or upgrades the tables of fang 0.9 to 0.11 in place.
    /// Returns how many migrations it applied. Several processes may call it at the same time.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the database cannot be reached, or when its user may not create tables.
    pub fn migrate(&self) -> Result<usize, QueueError> {
        Ok(block_on(self.store()?.migrate())?)
    }

    /// Inserts tasks within a transaction of the application. The tasks exist once the transaction commits, and never
    /// exist if it does not commit.
    ///
    /// ```no_run
    /// # use diesel::{Connection, RunQueryDsl, sql_query};
    /// # use fang_blocking::{PgConnection, Queue};
    /// # use fang_core::{FangError, NewTask};
    /// # fn example(queue: Queue, connection: &mut PgConnection, task: NewTask) -> Result<(), FangError> {
    /// connection.transaction(|connection| {
    ///     sql_query("INSERT INTO users (name) VALUES ('Ada')").execute(connection)?;
    ///     queue.insert_tasks_in(connection, vec![task])?;
    ///     Ok::<_, FangError>(())
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the payload of a task cannot be saved: nothing was sent to the database.
    /// [`QueueError::NotUnique`] when a task has a duplicate and was inserted with
    /// [`or_error`](fang_core::Unique::or_error): no task of its batch (up to 1,000 tasks) is saved, and the
    /// transaction can go on. [`QueueError::Store`] when a statement fails: the transaction has then failed too.
    pub fn insert_tasks_in(
        &self,
        connection: &mut PgConnection,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.verbs()?.prepare(tasks)?;
        let (store, mut session) = (self.store()?, Theirs::new(connection));
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(block_on(store.insert_in(&mut session, batch))?);
        }
        Ok(all)
    }

    fn store(&self) -> Result<Arc<PostgresStore>, QueueError> {
        if let Some(store) = self.store.get() {
            return Ok(store.clone());
        }
        let schema = Schema::chosen(self.schema.as_deref())?;
        let store = Arc::new(PostgresStore::new(Links::new(self.address()?), schema, self.notify));
        Ok(self.store.get_or_init(|| store).clone())
    }

    fn address(&self) -> Result<Address, QueueError> {
        let address = match (&self.connection_pool, &self.uri) {
            (Some(pool), _) => Address::pool(pool.clone()),
            (None, Some(uri)) => Address::uri(uri.expose(), self.max_pool_size)?,
            (None, None) => return Err(QueueError::NotConnected),
        };
        Ok(address.options(self.listen, self.pgbouncer))
    }
}
