use crate::backend::Backend;
use crate::handle::Handle;
use crate::runtime::{block_on, shared_inserts, watch};
use crate::session::{Address, Links, PgPool, PostgresStore, Theirs};
use diesel::PgConnection;
use fang_core::store::{Inserted, Store};
use fang_core::{NewTask, QueueError, Redacted};
use fang_engine::insert_rules::batches;
use fang_postgres::Schema;
use std::sync::Arc;

fang_engine::postgres_queue! {
    blocking
    /// A queue in Postgres, for the blocking mode. A program inserts and controls tasks through it, with the calls of
    /// [`Queueable`](fang_core::Queueable), and a [`WorkerPool`](crate::WorkerPool) runs them. Clones share its
    /// connections.
    ///
    /// The queue opens connections of its own: `Queue::builder().uri("postgres://...").build()`. Or it uses a
    /// connection pool of yours:
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
    /// While worker pools run, they keep two connections of that connection pool for themselves. Build one queue and
    /// clone it for all worker pools, so that they share these two. Give the connection pool at least three
    /// connections: of two, the worker pools keep one. Of one, they keep none. A task that uses that connection for
    /// longer than the lease then makes its worker pool look dead, and may run twice.
    ///
    /// The tables must exist before the first use: call [`migrate`](Self::migrate). A queue with neither `uri` nor
    /// `connection_pool` fails with [`QueueError::NotConnected`] at its first use.
    pub struct Queue as Backend over PostgresStore as dyn Store {
        /// A connection pool of yours, to use instead of `uri`. Calls use its connections with the limits of time that
        /// the program or the database has set for them. Defaults to none.
        #[builder(default, setter(strip_option))]
        connection_pool: Option<PgPool>,
        /// The address of the database, if the queue opens connections of its own:
        /// `postgres://user:password@host:port/database`, or `key=value` pairs as in libpq. Has no effect if there is a
        /// `connection_pool`. Defaults to none.
        #[builder(default, setter(transform = |uri: impl Into<String>| Some(Redacted::from(uri.into()))))]
        uri: Option<Redacted<String>>,
        /// The most connections for the calls of the program and of its tasks together, if the queue has a `uri`. A
        /// call that finds all of them in use waits up to 30 s, and then fails with
        /// [`StoreError::PoolExhausted`](fang_core::StoreError::PoolExhausted). Each running worker pool opens up to
        /// three connections besides, and up to two more for lock-claims. Defaults to 10. 0 means 1, and so does a
        /// number that is no `u32`, such as -1.
        #[builder(default = 10, setter(transform = |most: impl TryInto<u32>| most.try_into().unwrap_or(0)))]
        max_pool_size: u32,
    }
}

impl Queue {
    /// A queue in the database of this URI, with the default options: as `builder().uri(uri).build()`. It connects at
    /// its first use.
    ///
    /// ```
    /// use fang_blocking::Queue;
    /// let queue = Queue::new("postgres://app:secret@localhost/app");
    /// # drop(queue);
    /// ```
    pub fn new(uri: impl Into<String>) -> Self {
        Self::builder().uri(uri).build()
    }

    /// Creates the tables, or upgrades those of fang 0.9 to 0.11 in place and keeps their rows. Does nothing if they
    /// are up to date. Several processes may call it at the same time. Returns how many migrations it applied.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the database cannot be reached, when its user may not create tables, or when another
    /// transaction locks the tables for 5 s.
    pub fn migrate(&self) -> Result<usize, QueueError> {
        Ok(block_on(self.store()?.migrate())?)
    }

    /// Inserts tasks of either mode within a transaction of yours. They exist once the transaction commits, and never
    /// exist if it does not commit. The transaction must be on the database that has the tables. Returns an answer for
    /// each task, in the same order.
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
    /// [`QueueError::Payload`] when a task cannot be saved as it is: nothing was sent to the database.
    /// [`QueueError::NotUnique`] when a task has a duplicate and is unique with
    /// [`or_error`](fang_core::Unique::or_error): no task of its batch (up to 1,000 tasks) is saved, and the
    /// transaction can go on. [`QueueError::Store`] when a statement fails: the transaction has then failed and can
    /// only be rolled back.
    pub fn insert_tasks_in(
        &self,
        connection: &mut PgConnection,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.verbs()?.prepare(tasks)?;
        let (store, mut session) = (self.store()?, Theirs::new(connection));
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(block_on(store.insert_in(&mut session, batch, Some(watch())))?);
        }
        Ok(all)
    }

    pub(crate) fn store(&self) -> Result<Arc<PostgresStore>, QueueError> {
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
