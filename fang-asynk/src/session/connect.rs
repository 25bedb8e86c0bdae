//! Opens connections, with timeouts and settings for each role.

mod config;
mod tls;

use super::canceller::Canceller;
use super::error::store_error;
use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use fang_core::lists;
use fang_core::notify::Listeners;
use fang_core::{Redacted, StoreError};
pub(super) use fang_postgres::settings::Role;
use fang_postgres::settings::{LISTEN, NO_TRANSACTION_TIMEOUT, knows_transaction_timeout};
use fang_postgres::{ConnectionString, Keeping};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, Socket};

/// How long opening a connection may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a caller waits while all connections of a pool are in use.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// After this long without an answer, a socket is closed.
const DEAD_SOCKET: Duration = Duration::from_secs(15);

/// A TLS connector that an `AsyncQueue` can use: [`NoTls`](tokio_postgres::NoTls) for none, `Rustls` (feature
/// `rustls`), or that of a crate such as `tokio-postgres-rustls` or `postgres-native-tls`. Every connector of
/// tokio-postgres that can be cloned and shared has this trait; there is nothing to implement.
pub trait TlsConnector:
    MakeTlsConnect<
        Socket,
        Stream: Send + Sync + 'static,
        TlsConnect: TlsConnect<Socket, Future: Send> + Send + Sync,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> TlsConnector for T where
    T: MakeTlsConnect<
            Socket,
            Stream: Send + Sync + 'static,
            TlsConnect: TlsConnect<Socket, Future: Send> + Send + Sync,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// The options that the application chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) max_pool_size: usize,
    pub(crate) listen: bool,
    pub(crate) pgbouncer: bool,
}

impl Options {
    /// Behind a pooler, notifications do not reach the session that listens.
    fn listens(self) -> bool {
        self.listen && !self.pgbouncer
    }
}

type MakePool = dyn Fn(Config, Role, &Listeners, &Arc<Keeping>) -> Result<Pool, StoreError> + Send + Sync;

/// The address of the database, and the options to connect with.
pub(crate) struct Address {
    config: Redacted<Config>,
    string: ConnectionString,
    make_pool: Box<MakePool>,
    canceller: Canceller,
    listens: bool,
    pgbouncer: bool,
}

impl Address {
    pub(crate) fn new<Tls: TlsConnector>(uri: &str, tls: Tls, options: Options) -> Result<Self, StoreError> {
        let string = ConnectionString::parse(uri)?;
        let (mut config, tls) = (config::config(&string)?, tls::configured(tls, &string)?);
        // The default of the driver falls back to plain text if the server, or an attacker in between, answers that
        // it has no TLS. An application that passes a TLS connector does not want that.
        if string.get("sslmode").is_none() && tls::encrypts::<Tls>() {
            config.ssl_mode(SslMode::Require);
        }
        let canceller = Canceller::new(tls.clone(), options.pgbouncer);
        let make_pool = move |config: Config, role: Role, listeners: &Listeners, keeping: &Arc<Keeping>| {
            let listener = listener(role, options, listeners);
            let keeping = keeping.clone();
            let dialer = Dialer { tls: tls.clone(), listener, keeping, pgbouncer: options.pgbouncer };
            let recycling_method = RecyclingMethod::Fast;
            let manager = Manager::from_connect(config, dialer, ManagerConfig { recycling_method });
            Pool::builder(manager)
                .max_size(pool_size(role, options))
                .create_timeout(Some(CONNECT_TIMEOUT))
                .wait_timeout(Some(WAIT_TIMEOUT))
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(|error| StoreError::unreachable(Box::new(error)))
        };
        let (listens, pgbouncer) = (options.listens(), options.pgbouncer);
        Ok(Self {
            config: config.into(),
            string,
            make_pool: Box::new(make_pool),
            canceller,
            listens,
            pgbouncer,
        })
    }

    /// The connection string.
    pub(super) fn string(&self) -> &ConnectionString {
        &self.string
    }

    /// Cancels looks of its connections.
    pub(super) fn canceller(&self) -> &Canceller {
        &self.canceller
    }

    /// Whether hearts listen for the inserts of other processes.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Whether connections go through a pooler.
    pub(super) fn is_pooled(&self) -> bool {
        self.pgbouncer
    }

    /// Makes the connection pool of one role.
    pub(super) fn pool(
        &self,
        role: Role,
        listeners: &Listeners,
        keeping: &Arc<Keeping>,
    ) -> Result<Pool, StoreError> {
        let mut config = self.config.expose().clone();
        guard(&mut config);
        if !self.pgbouncer {
            set_session(&mut config, role);
        }
        (self.make_pool)(config, role, listeners, keeping)
    }
}

fn listener(role: Role, options: Options, listeners: &Listeners) -> Option<Listeners> {
    (role == Role::Heart && options.listens()).then(|| listeners.clone())
}

fn pool_size(role: Role, options: Options) -> usize {
    match role {
        Role::Calls => options.max_pool_size.max(1),
        // One to claim and one to finish. The second opens only when both are needed at the same time.
        Role::Engine => 2,
        Role::Heart | Role::Upkeep => 1,
        Role::LockClaims => usize::from(lists::SLOTS.unsigned_abs()),
    }
}

/// Sets timeouts that the connection string does not set, so that no connection waits without end.
fn guard(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("fang");
    }
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(DEAD_SOCKET / 3);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(DEAD_SOCKET / 3);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(2);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(DEAD_SOCKET);
    }
}

/// Sets the session options that the library needs, since a database role may have other defaults.
fn set_session(config: &mut Config, role: Role) {
    let own = role.options();
    let options = config.get_options().map_or(own.clone(), |theirs| format!("{theirs} {own}"));
    config.options(options);
}

/// Opens connections. Those with a listener also listen for notifications.
struct Dialer<Tls> {
    tls: Tls,
    listener: Option<Listeners>,
    keeping: Arc<Keeping>,
    pgbouncer: bool,
}

impl<Tls: TlsConnector> Connect for Dialer<Tls> {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let has_limit = connection.parameter("server_version").is_some_and(knows_transaction_timeout);
            // A connection that is not kept hears nothing.
            let listener = self.listener.as_ref().filter(|_| self.keeping.get().heart);
            let heard = listener.cloned();
            let driver = tokio::spawn(async move {
                let receive = |payload: &str| heard.iter().for_each(|listeners| listeners.receive(payload));
                if drive(connection, receive).await.is_err() {
                    // The heart opens another connection and listens again.
                    heard.iter().for_each(Listeners::fell_silent);
                }
            });
            // Older servers refuse a startup option with this name.
            if has_limit && !self.pgbouncer {
                client.batch_execute(NO_TRANSACTION_TIMEOUT).await?;
            }
            let Some(listeners) = listener else { return Ok((client, driver)) };
            client.batch_execute(LISTEN).await?;
            // Notifications that were sent before this moment were missed.
            listeners.notify_everyone();
            Ok((client, driver))
        })
    }
}

/// Drives a connection until it ends, or fails. The next statement on it returns the error too.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: impl Fn(&str)) -> Result<(), Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut messages = poll_fn(move |cx| connection.poll_message(cx));
    while let Some(message) = messages.next().await {
        match message {
            Ok(AsyncMessage::Notification(notification)) => heard(notification.payload()),
            Ok(_) => {}
            Err(error) => {
                log::debug!(
                    "a database connection ended; a new one opens when it is needed: {}",
                    store_error(&error)
                );
                return Err(error);
            }
        }
    }
    Ok(())
}
