use crate::backend::AsyncBackend;
use crate::handle::Handle;
use crate::runtime::{shared_inserts, watch};
use crate::session::{Address, Options, Pools, PostgresStore, Theirs, TlsConnector};
use fang_core::store::{Inserted, NonBlocking, Store};
use fang_core::{NewTask, QueueError, Redacted};
use fang_engine::insert_rules::batches;
use fang_postgres::{Schema, Session};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use tokio_postgres::{NoTls, Transaction};

fang_engine::postgres_queue! {
    asynk
    /// A queue in Postgres, for the async mode. A program inserts and controls tasks through it, with the calls of
    /// [`AsyncQueueable`](fang_core::AsyncQueueable), and an [`AsyncWorkerPool`](crate::AsyncWorkerPool) runs them.
    /// Clones share its connections.
    ///
    /// ```no_run
    /// use fang_asynk::{AsyncQueue, NoTls};
    /// # async fn example() -> Result<(), fang_core::QueueError> {
    /// let mut queue = AsyncQueue::builder().uri("postgres://fang:secret@localhost/app").max_pool_size(4).build();
    /// queue.connect(NoTls).await?;
    /// queue.migrate().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// With [`NoTls`] the call of `connect` is optional: the first use of the queue opens a connection. With a TLS
    /// connector it is required.
    ///
    /// The tables must exist before the first use: call [`migrate`](Self::migrate). A connection is opened within 10 s,
    /// unless `connect_timeout` of the `uri` says otherwise. Every statement but those of `migrate` ends within 30 s.
    /// Otherwise the call fails with [`QueueError::Store`]. An insert may first wait for the statements of other
    /// inserts.
    pub struct AsyncQueue<Tls: TlsConnector = NoTls> as AsyncBackend over PostgresStore as dyn NonBlocking {
        /// The address of the database: `postgres://user:password@host:port/database`, or `key=value` pairs as in
        /// libpq. Required.
        ///
        /// A parameter that the driver does not support is an error that names it. Parameters about certificates need
        /// the connector `Rustls`.
        #[builder(setter(transform = |uri: impl Into<String>| Redacted::from(uri.into())))]
        uri: Redacted<String>,
        /// The most connections for the calls of the program and of its tasks together. A call that finds all of them
        /// in use waits up to 30 s, and then fails with
        /// [`StoreError::PoolExhausted`](fang_core::StoreError::PoolExhausted). Each running worker pool opens up to
        /// three connections besides, and up to two more for lock-claims. Defaults to 10. 0 means 1, and so does a
        /// number that is no `u32`, such as -1.
        #[builder(default = 10, setter(transform = |most: impl TryInto<u32>| most.try_into().unwrap_or(0)))]
        max_pool_size: u32,
        /// Whether `connect` also creates or upgrades the tables. Defaults to `false`: the program calls `migrate`
        /// itself.
        #[builder(default = false)]
        migrate_at_connect: bool,
        #[builder(default, setter(skip))]
        tls: PhantomData<fn() -> Tls>,
    }
}

impl AsyncQueue<NoTls> {
    /// Begins a queue without TLS: the same as `AsyncQueue::<NoTls>::builder()`. It connects at its first use.
    ///
    /// ```
    /// use fang_asynk::AsyncQueue;
    /// let queue = AsyncQueue::no_tls().uri("postgres://app:secret@localhost/app").max_pool_size(4).build();
    /// # drop(queue);
    /// ```
    pub fn no_tls() -> AsyncQueueBuilder<NoTls> {
        Self::builder()
    }

    /// A queue in the database of this URI, without TLS and with the default options: the same as
    /// `no_tls().uri(uri).build()`. It connects at its first use.
    ///
    /// ```
    /// use fang_asynk::AsyncQueue;
    /// let queue = AsyncQueue::new("postgres://app:secret@localhost/app");
    /// # drop(queue);
    /// ```
    pub fn new(uri: impl Into<String>) -> Self {
        Self::builder().uri(uri).build()
    }
}

impl<Tls: TlsConnector> AsyncQueue<Tls> {
    /// Opens a connection, to check that the database can be reached. Also creates or upgrades the tables if the queue
    /// was built with `migrate_at_connect(true)`. Later calls of the queue use the TLS connector of the first call of
    /// `connect`.
    ///
    /// # Errors
    /// [`QueueError::Store`]: [`StoreError::Uri`](fang_core::StoreError::Uri) or
    /// [`StoreError::Schema`](fang_core::StoreError::Schema) when an option of the queue is not valid,
    /// [`StoreError::Unreachable`](fang_core::StoreError::Unreachable) or
    /// [`StoreError::Refused`](fang_core::StoreError::Refused) when the server does not answer or does not let the user
    /// in, and the errors of [`migrate`](Self::migrate).
    pub async fn connect(&mut self, tls: Tls) -> Result<(), QueueError> {
        let store = self.store_with(tls)?;
        store.now().await?;
        if self.migrate_at_connect {
            self.migrate().await?;
        }
        Ok(())
    }

    /// Creates the tables, or upgrades those of fang 0.9 to 0.11 in place and keeps their rows. Does nothing if they
    /// are up to date. Several processes may call it at the same time. Returns how many migrations it applied.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the database cannot be reached, when its user may not create tables, or when another
    /// transaction locks the tables for 5 s.
    pub async fn migrate(&self) -> Result<usize, QueueError> {
        Ok(self.store()?.migrate().await?)
    }

    /// Inserts tasks of either mode within a transaction of yours. They exist once the transaction commits, and never
    /// exist if it does not commit. The transaction must be on the database that has the tables. Returns an answer for
    /// each task, in the same order.
    ///
    /// ```no_run
    /// # use fang_asynk::{AsyncQueue, NoTls};
    /// # use fang_core::{FangError, NewTask};
    /// # async fn example(queue: AsyncQueue<NoTls>, client: &mut tokio_postgres::Client, task: NewTask) -> Result<(), FangError> {
    /// let transaction = client.transaction().await?;
    /// transaction.execute("INSERT INTO users (name) VALUES ($1)", &[&"Ada"]).await?;
    /// queue.insert_tasks_in(&transaction, vec![task]).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Payload`] when a task cannot be saved as it is: nothing was sent to the database.
    /// [`QueueError::NotUnique`] when a task has a duplicate and is unique with
    /// [`or_error`](fang_core::Unique::or_error): no task of its batch (up to 1,000 tasks) is saved, and the
    /// transaction can go on. [`QueueError::Store`] when a statement fails: the transaction has then failed and can
    /// only be rolled back.
    pub async fn insert_tasks_in(
        &self,
        transaction: &Transaction<'_>,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        self.insert_within(&mut Theirs(transaction), tasks).await
    }

    /// Inserts tasks within a transaction of sqlx. The same as [`insert_tasks_in`](Self::insert_tasks_in) otherwise.
    /// Needs the feature `sqlx`.
    ///
    /// ```no_run
    /// # use fang_asynk::{AsyncQueue, NoTls};
    /// # use fang_core::{FangError, NewTask};
    /// # async fn example(queue: AsyncQueue<NoTls>, pool: sqlx::PgPool, task: NewTask) -> Result<(), FangError> {
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("INSERT INTO users (name) VALUES ($1)").bind("Ada").execute(&mut *transaction).await?;
    /// queue.insert_tasks_in_sqlx(&mut transaction, vec![task]).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// On a connection without a transaction, each batch of up to 1,000 tasks is saved in a transaction of its own.
    ///
    /// # Errors
    /// As [`insert_tasks_in`](Self::insert_tasks_in).
    #[cfg(feature = "sqlx")]
    pub async fn insert_tasks_in_sqlx(
        &self,
        connection: &mut sqlx::PgConnection,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        self.insert_within(&mut crate::session::SqlxTransaction(connection), tasks).await
    }

    async fn insert_within(
        &self,
        session: &mut impl Session,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.verbs()?.prepare(tasks)?;
        let store = self.store()?;
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(store.insert_in(session, batch, watch()).await?);
        }
        Ok(all)
    }

    pub(crate) fn store(&self) -> Result<Arc<PostgresStore>, QueueError> {
        match self.store.get() {
            Some(store) => Ok(store.clone()),
            None => self.store_with(no_tls().ok_or(QueueError::NotConnected)?),
        }
    }

    fn store_with(&self, tls: Tls) -> Result<Arc<PostgresStore>, QueueError> {
        let options = Options {
            max_pool_size: self.max_pool_size as usize,
            listen: self.listen,
            pgbouncer: self.pgbouncer,
        };
        let schema = Schema::chosen(self.schema.as_deref())?;
        let address = Address::new(self.uri.expose(), tls, options)?;
        let store = Arc::new(PostgresStore::new(Pools::new(address)?, schema, self.notify));
        Ok(self.store.get_or_init(|| store).clone())
    }
}

/// [`NoTls`], if `Tls` is that type. It is the only connector that can be made without the application.
fn no_tls<Tls: 'static>() -> Option<Tls> {
    let any: Box<dyn Any> = Box::new(NoTls);
    any.downcast().ok().map(|tls| *tls)
}
