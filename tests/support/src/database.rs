//! A fresh database for one test.

use crate::{
    SupportError, home::random, server::server_uri, sessions, sessions::Session, uri::with_database,
};
use std::{
    process,
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};
use tokio_postgres::{Client, NoTls};

/// A server, by its `postgres://` URI.
#[derive(Clone, Debug)]
struct Server {
    uri: String,
    /// Whether all tests of this process share it.
    is_shared: bool,
}

/// A new, empty database. It is dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    server: Server,
    uri: String,
    name: String,
    dropped: bool,
    /// What it is a copy of. It stays while there are copies.
    pub(crate) original: Option<Arc<Self>>,
}

impl TestDatabase {
    /// Creates a database in the server of `DATABASE_URL`, or else in the cluster
    /// that all tests of this process share.
    ///
    /// # Errors
    ///
    /// When there is no server, or it refuses to create a database.
    pub async fn create() -> Result<Self, SupportError> {
        Self::create_as(Server::shared()?, "template0", "").await
    }

    /// Creates a database whose texts can have the characters of Latin-1 only.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_latin1() -> Result<Self, SupportError> {
        Self::create_as(Server::shared()?, "template0", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'").await
    }

    /// Creates a database in the server of this `postgres://` URI, for a test
    /// with a [`Cluster`](crate::Cluster) of its own.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn create_in(server: &str) -> Result<Self, SupportError> {
        // template0: nobody is ever connected to it, so creating never waits.
        Self::create_as(Server { uri: server.to_owned(), is_shared: false }, "template0", "").await
    }

    /// Creates a database with the same contents and settings, once nobody is connected to this one.
    pub(crate) async fn copy(&self) -> Result<Self, SupportError> {
        let copy = Self::create_as(self.server.clone(), &self.name, "").await?;
        // As rows: to set each of them would take as long as the rest of the copy.
        let settings = format!(
            "INSERT INTO pg_db_role_setting
             SELECT copy.oid, setrole, setconfig FROM pg_db_role_setting
             JOIN pg_database original ON original.oid = setdatabase AND original.datname = '{}'
             JOIN pg_database copy ON copy.datname = '{}'",
            self.name, copy.name
        );
        self.server.session().await?.run(&settings).await?;
        Ok(copy)
    }

    /// Lets nobody connect any more, so that copies need not wait.
    pub(crate) async fn close(&self) -> Result<(), SupportError> {
        let close = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name);
        self.server.session().await?.run(&close).await
    }

    async fn create_as(server: Server, template: &str, options: &str) -> Result<Self, SupportError> {
        let name = unique_name();
        let uri = with_database(&server.uri, &name)?;
        let session = server.session().await?;
        // From 15 on, files are copied only where that is asked for; it takes a fifth of the processor time of going
        // through the log.
        let strategy = if session.version >= Some(15) { "STRATEGY file_copy" } else { "" };
        session.run(&format!("CREATE DATABASE {name} TEMPLATE {template} {strategy} {options}")).await?;
        Ok(Self { server, uri, name, dropped: false, original: None })
    }

    /// The `postgres://` URI of the database.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The same for sessions without the limits of time of [`ODD_SETTINGS`](crate::ODD_SETTINGS).
    #[must_use]
    pub fn uri_without_limits(&self) -> String {
        let sign = if self.uri.contains('?') { '&' } else { '?' };
        let limits = ["statement_timeout", "lock_timeout", "idle_session_timeout"];
        let none = limits.map(|limit| format!("-c%20{limit}%3D0")).join("%20");
        format!("{}{sign}options={none}", self.uri)
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens a connection to the database.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn client(&self) -> Result<Client, SupportError> {
        connect(&self.uri).await
    }

    /// Drops the database and closes all connections to it.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn drop(mut self) -> Result<(), SupportError> {
        self.dropped = true;
        drop_database(&self.server, &self.name).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.dropped {
            return;
        }
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // In a thread of its own, since that of a test cannot block here.
        let cleaner = thread::spawn(move || {
            if let Ok(runtime) = sessions::runtime() {
                // A database that is left over is no reason to fail the test.
                let _ = runtime.block_on(drop_database(&server, &name));
            }
        });
        let _ = cleaner.join();
    }
}

impl Server {
    fn shared() -> Result<Self, SupportError> {
        Ok(Self { uri: server_uri()?, is_shared: true })
    }

    async fn session(&self) -> Result<Session, SupportError> {
        if self.is_shared { Session::shared(&self.uri).await } else { Session::open(&self.uri).await }
    }
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("fang_test_{}_{number}_{}", process::id(), random())
}

async fn drop_database(server: &Server, name: &str) -> Result<(), SupportError> {
    server.session().await?.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

pub(crate) async fn connect(uri: &str) -> Result<Client, SupportError> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    // The client reports the errors of the connection.
    tokio::spawn(connection);
    Ok(client)
}
