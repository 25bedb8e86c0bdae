//! The sessions that create and drop databases.

use crate::SupportError;
use std::io;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

/// It runs the sessions, since the runtimes of tests end before they do.
static RUNTIME: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build());

/// Sessions with the server that the tests of this process share, to use again. To open one takes the server half of the
/// processor time of a database.
static IDLE: Mutex<Vec<Session>> = Mutex::new(Vec::new());

/// A session with a server.
pub(crate) struct Session {
    client: Client,
    /// The version of the server, without its minor part, if it tells one.
    pub(crate) version: Option<u32>,
    /// Whether it is used again.
    is_kept: bool,
}

impl Session {
    /// A session with the server that all tests share.
    pub(crate) async fn shared(uri: &str) -> Result<Self, SupportError> {
        let known = std::iter::from_fn(|| idle().pop()).find(|session| !session.client.is_closed());
        match known {
            Some(session) => Ok(session),
            None => Ok(Self { is_kept: true, ..Self::open(uri).await? }),
        }
    }

    /// A session with any server.
    pub(crate) async fn open(uri: &str) -> Result<Self, SupportError> {
        let uri = uri.to_owned();
        let opened = runtime()?.spawn(async move {
            let (client, connection) = tokio_postgres::connect(&uri, NoTls).await?;
            let version =
                connection.parameter("server_version").and_then(|version| version.split('.').next());
            let version = version.and_then(|version| version.parse().ok());
            // The client reports the errors of the connection.
            tokio::spawn(connection);
            Ok(Self { client, version, is_kept: false })
        });
        opened.await.map_err(|error| SupportError::io("opening a session")(error.into()))?
    }

    /// Runs a statement.
    pub(crate) async fn run(self, statement: &str) -> Result<(), SupportError> {
        let done = self.client.batch_execute(statement).await;
        if self.is_kept {
            idle().push(self);
        }
        Ok(done?)
    }
}

/// The runtime of the sessions.
pub(crate) fn runtime() -> Result<&'static Runtime, SupportError> {
    RUNTIME.as_ref().map_err(|error| SupportError::io("starting a runtime")(error.kind().into()))
}

fn idle() -> MutexGuard<'static, Vec<Session>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}
