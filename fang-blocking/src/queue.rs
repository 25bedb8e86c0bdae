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
    /// A queue in Postgres: the handle through which an application inserts tasks. Clones share its
    /// connections.
    ///
    /// It works over the application's own pool, of which the worker pools that run keep two connections
    /// (one when it has two; none when it has one, and then a task that holds this one for longer than a
    /// lease looks dead). Clone one queue for all worker pools, so that they share those two:
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
    /// or over connections of its own: `Queue::builder().uri("postgres://...").build()`.
    pub struct Queue as Backend over PostgresStore as dyn Store {
        /// The application's pool.
        #[builder(default, setter(strip_option))]
        connection_pool: Option<PgPool>,
        /// Where the database is, when there is no pool: a URI or `key=value` pairs, as libpq reads them.
        #[builder(default, setter(transform = |uri: impl Into<String>| Some(Redacted::from(uri.into()))))]
        uri: Option<Redacted<String>>,
        /// How many connections the application and its tasks use at most, over a URI. Each running
        /// pool opens up to three of its own. Defaults to 10; 0 means 1.
        #[builder(default = 10, setter(into))]
        max_pool_size: u32,
    }
}

impl Queue {
    /// Brings the schema up to date: creates the tables, or upgrades those of fang 0.9 to 0.11 in
    /// place. Returns how many steps that took. Any number of processes may call it at once.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the database cannot be reached, or its user may not create
    /// tables.
    pub fn migrate(&self) -> Result<usize, QueueError> {
        Ok(block_on(self.store()?.migrate())?)
    }

    /// Inserts tasks within the application's own transaction: they exist once it commits, and
    /// never if it does not.
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
    /// [`QueueError::Payload`] when a task cannot be saved as it is: the transaction is not
    /// touched. [`QueueError::NotUnique`] when one like it is there and it
    /// [must not be](fang_core::Unique::or_error): nothing of its batch (up to 1,000 tasks) is saved, and the
    /// transaction stands. [`QueueError::Store`] when the statement fails, and the transaction with it.
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
            (None, Some(uri)) => Address::uri(uri, self.max_pool_size),
            (None, None) => return Err(QueueError::NotConnected),
        };
        Ok(address.options(self.listen, self.pgbouncer))
    }
}
