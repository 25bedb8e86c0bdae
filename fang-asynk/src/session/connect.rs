//! How connections are made, each kind with its own guards.

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

/// How long a new connection may take, and how long a caller waits for one of a full pool.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A socket on which nothing comes back is given up after this long.
const DEAD_SOCKET: Duration = Duration::from_secs(15);

/// A maker of TLS connections for tokio-postgres: [`NoTls`](tokio_postgres::NoTls), or one of the
/// crates `tokio-postgres-rustls`, `postgres-native-tls`, ...
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

/// What the application chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) max_pool_size: usize,
    pub(crate) listen: bool,
    pub(crate) pgbouncer: bool,
}

impl Options {
    /// Nothing that a session listens to would reach it behind a pooler.
    fn listens(self) -> bool {
        self.listen && !self.pgbouncer
    }
}

type MakePool = dyn Fn(Config, Role, &Listeners) -> Result<Pool, StoreError> + Send + Sync;

/// Where the database is, and how to get there.
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
        // Who brings a connector wants it used: the driver's own default would go on in plain text when
        // the server, or somebody in between, says that it has no TLS.
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

    /// Whether its hearts hear of what others insert.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Whether a pooler stands before the server.
    pub(super) fn is_pooled(&self) -> bool {
        self.pgbouncer
    }

    /// Connections of one kind.
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
        // One to claim and one to finish; the second opens only when both have to be done at once.
        Role::Engine => 2,
        Role::Heart => 1,
        Role::LockClaims => usize::from(lists::SLOTS.unsigned_abs()),
    }
}

/// The library's own connections never wait for ever, unless their string says so.
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

/// Nor do they depend on the defaults of a role or a database.
fn set_session(config: &mut Config, role: Role) {
    let own = role.options();
    let options = config.get_options().map_or(own.clone(), |theirs| format!("{theirs} {own}"));
    config.options(options);
}

/// Whether a connection string says what it wants of TLS, in its parameters.
fn names_sslmode(uri: &str) -> bool {
    let parameters = match uri.split_once("://") {
        Some((_, rest)) => rest.rsplit_once('?').map_or("", |(_, parameters)| parameters),
        None => uri,
    };
    parameters.split(['&', ' ', '\t', '\n']).any(|parameter| parameter.starts_with("sslmode"))
}

/// Makes connections, and listens on them where that is asked for.
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
                return Ok((client, tokio::spawn(drive(connection, |_| {}))));
            };
            let heard = listeners.clone();
            let driver = tokio::spawn(drive(connection, move |payload| heard.receive(payload)));
            client.batch_execute(LISTEN).await?;
            // Notifications from before this moment went unheard.
            listeners.notify_everyone();
            Ok((client, driver))
        })
    }
}

/// Moves a connection along until it ends. What ended it comes to light at the next statement.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: impl Fn(&str))
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
                log::debug!("a connection ended: {}", store_error(&error));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_parameter_says_what_is_wanted_of_tls() {
        assert!(names_sslmode("postgres://u:p@h/db?application_name=x&sslmode=disable"));
        assert!(names_sslmode("host=h user=u sslmode=disable"));
        assert!(!names_sslmode("postgres://u:sslmode=x@h/sslmode"));
        assert!(!names_sslmode("host=h password=xsslmode=disable"));
    }
}
