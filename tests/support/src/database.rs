//! A fresh database for one test.

use crate::{SupportError, home::random, server::server_uri, uri::with_database};
use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};
use tokio_postgres::{Client, NoTls};

/// A new, empty database. It is dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    uri: String,
    name: String,
    dropped: bool,
}

impl TestDatabase {
    /// Creates a database in the server of `DATABASE_URL`, or else in the cluster
    /// that all tests of this process share.
    ///
    /// # Errors
    ///
    /// When there is no server, or it refuses to create a database.
    pub async fn create() -> Result<Self, SupportError> {
        let server = server_uri()?;
        Self::create_in(&server).await
    }

    /// Creates a database whose texts can have the characters of Latin-1 only.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_latin1() -> Result<Self, SupportError> {
        Self::create_as(&server_uri()?, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'").await
    }

    /// Creates a database in the server of this `postgres://` URI, for a test
    /// with a [`Cluster`](crate::Cluster) of its own.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn create_in(server: &str) -> Result<Self, SupportError> {
        Self::create_as(server, "").await
    }

    async fn create_as(server: &str, options: &str) -> Result<Self, SupportError> {
        let name = unique_name();
        let uri = with_database(server, &name)?;
        make(server, &name, options).await?;
        Ok(Self { server: server.to_owned(), uri, name, dropped: false })
    }

    /// The `postgres://` URI of the database.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
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
        run(&self.server, &drop_statement(&self.name)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.dropped {
            return;
        }
        let server = std::mem::take(&mut self.server);
        let statement = drop_statement(&self.name);
        // A runtime of its own, since that of the test cannot block here and may be shutting down.
        let cleaner = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                // A database that is left over is no reason to fail the test.
                let _ = runtime.block_on(run(&server, &statement));
            }
        });
        let _ = cleaner.join();
    }
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("fang_test_{}_{number}_{}", process::id(), random())
}

fn drop_statement(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")
}

async fn make(server: &str, name: &str, options: &str) -> Result<(), SupportError> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    // From 15 on, files are copied only where that is asked for; it takes a fifth of the processor time of going
    // through the log.
    let version = connection.parameter("server_version").and_then(|version| version.split('.').next());
    let strategy = match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(15..) => "STRATEGY file_copy",
        _ => "",
    };
    tokio::spawn(connection);
    // template0: nobody is ever connected to it, so creating never waits.
    let statement = format!("CREATE DATABASE {name} TEMPLATE template0 {strategy} {options}");
    Ok(client.batch_execute(&statement).await?)
}

pub(crate) async fn connect(uri: &str) -> Result<Client, SupportError> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    // The client reports the errors of the connection.
    tokio::spawn(connection);
    Ok(client)
}

async fn run(uri: &str, statement: &str) -> Result<(), SupportError> {
    Ok(connect(uri).await?.batch_execute(statement).await?)
}
