//! Opens connections, with timeouts and settings for each role.

use super::error::{store_error, uri_error};
use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use fang_core::lists;
use fang_core::notify::Listeners;
use fang_core::{Redacted, StoreError};
use fang_postgres::settings::LISTEN;
pub(super) use fang_postgres::settings::Role;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::poll_fn;
use std::any::TypeId;
use std::str::FromStr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls, Socket};

/// How long opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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

type MakePool = dyn Fn(Config, Role, &Listeners) -> Result<Pool, StoreError> + Send + Sync;

/// The address of the database, and the options to connect with.
pub(crate) struct Address {
    config: Redacted<Config>,
    make_pool: Box<MakePool>,
    listens: bool,
    pgbouncer: bool,
}

impl Address {
    pub(crate) fn new<Tls: TlsConnector>(uri: &str, tls: Tls, options: Options) -> Result<Self, StoreError> {
        let mut config = Config::from_str(uri).map_err(|error| uri_error(&error))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(StoreError::Uri { reason: "it names no host".to_owned() });
        }
        // The default of the driver falls back to plain text if the server, or an attacker in between, answers that
        // it has no TLS. An application that passes a TLS connector does not want that.
        if !names_sslmode(uri) && TypeId::of::<Tls>() != TypeId::of::<NoTls>() {
            config.ssl_mode(SslMode::Require);
        }
        let make_pool = move |config: Config, role: Role, listeners: &Listeners| {
            let dialer = Dialer { tls: tls.clone(), listener: listener(role, options, listeners) };
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
        Ok(Self { config: config.into(), make_pool: Box::new(make_pool), listens, pgbouncer })
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
    pub(super) fn pool(&self, role: Role, listeners: &Listeners) -> Result<Pool, StoreError> {
        let mut config = self.config.expose().clone();
        guard(&mut config);
        if !self.pgbouncer {
            set_session(&mut config, role);
        }
        (self.make_pool)(config, role, listeners)
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
        Role::Heart => 1,
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

/// Whether the parameters of a connection string contain `sslmode`.
fn names_sslmode(uri: &str) -> bool {
    let parameters = match uri.split_once("://") {
        Some((_, rest)) => rest.rsplit_once('?').map_or("", |(_, parameters)| parameters),
        None => uri,
    };
    parameters.split(['&', ' ', '\t', '\n']).any(|parameter| parameter.starts_with("sslmode"))
}

/// Opens connections. Those with a listener also listen for notifications.
struct Dialer<Tls> {
    tls: Tls,
    listener: Option<Listeners>,
}

impl<Tls: TlsConnector> Connect for Dialer<Tls> {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let Some(listeners) = &self.listener else {
                let driver = tokio::spawn(async move { drop(drive(connection, |_| {}).await) });
                return Ok((client, driver));
            };
            let heard = listeners.clone();
            let driver = tokio::spawn(async move {
                if drive(connection, |payload| heard.receive(payload)).await.is_err() {
                    // The heart opens another connection and listens again.
                    heard.fell_silent();
                }
            });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_is_found_among_the_parameters_only() {
        assert!(names_sslmode("postgres://u:p@h/db?application_name=x&sslmode=disable"));
        assert!(names_sslmode("host=h user=u sslmode=disable"));
        assert!(!names_sslmode("postgres://u:sslmode=x@h/sslmode"));
        assert!(!names_sslmode("host=h password=xsslmode=disable"));
    }
}
