//! The connection to the database.

use crate::failure::Failure;
use clap::Args;
use fang_asynk::{Admin, AsyncBackend, AsyncQueue, Handle, NoTls, Rustls, TlsConnector};
use fang_core::QueueError;
use fang_postgres::{ConnectionString, Schema};

/// Where the tables are.
#[derive(Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct Place {
    /// The database: postgres://user:password@host:port/database. Better in the environment, since other users of the
    /// machine can read arguments.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The schema of the tables. Defaults to the search path of the connection.
    #[arg(long, global = true, value_name = "NAME")]
    schema: Option<String>,
    /// The connection goes through PgBouncer in transaction mode, or a similar pooler.
    #[arg(long, global = true)]
    pgbouncer: bool,
}

enum Queue {
    Plain(AsyncQueue<NoTls>),
    Encrypted(AsyncQueue<Rustls>),
}

/// A database that answers.
pub(crate) struct Database {
    /// The calls for tools.
    pub(crate) admin: Admin,
    /// The calls that insert.
    pub(crate) handle: Handle,
    /// The schema of the tables, if one is named.
    pub(crate) schema: Schema,
    queue: Queue,
}

impl Place {
    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Database, Failure> {
        self.connect_by(1).await
    }

    /// Opens up to so many connections.
    pub(crate) async fn connect_by(&self, connections: u32) -> Result<Database, Failure> {
        let uri = self.uri()?;
        let (admin, handle, queue) = if is_encrypted(uri) {
            let queue = self.open(uri, roots()?, connections).await?;
            (queue.admin()?, queue.handle()?, Queue::Encrypted(queue))
        } else {
            let queue = self.open(uri, NoTls, connections).await?;
            (queue.admin()?, queue.handle()?, Queue::Plain(queue))
        };
        let schema = Schema::chosen(self.schema.as_deref()).map_err(QueueError::from)?;
        Ok(Database { admin, handle, schema, queue })
    }

    /// The address of the database.
    pub(crate) fn uri(&self) -> Result<&str, Failure> {
        let missing =
            "no database is named; set DATABASE_URL, or add --database-url postgres://user@host/database";
        let uri = self.database_url.as_deref().filter(|uri| !uri.is_empty());
        uri.ok_or_else(|| Failure::new(missing))
    }

    /// Whether a pooler is in between.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pgbouncer
    }

    async fn open<Tls: TlsConnector>(
        &self,
        uri: &str,
        tls: Tls,
        connections: u32,
    ) -> Result<AsyncQueue<Tls>, QueueError> {
        let queue =
            AsyncQueue::<Tls>::builder().uri(uri).max_pool_size(connections).pgbouncer(self.pgbouncer);
        let mut queue = match &self.schema {
            Some(schema) => queue.schema(schema).build(),
            None => queue.build(),
        };
        queue.connect(tls).await?;
        Ok(queue)
    }
}

impl Database {
    /// Creates or upgrades the tables. Returns how many migrations it applied.
    pub(crate) async fn migrate(&self) -> Result<usize, QueueError> {
        match &self.queue {
            Queue::Plain(queue) => queue.migrate().await,
            Queue::Encrypted(queue) => queue.migrate().await,
        }
    }
}

/// The connector that verifies servers.
pub(crate) fn roots() -> Result<Rustls, Failure> {
    Rustls::system_roots().map_err(|error| Failure::new(error.to_string()))
}

/// Whether the connection string asks for TLS. One that cannot be read is refused later, with the reason.
pub(crate) fn is_encrypted(uri: &str) -> bool {
    let Ok(string) = ConnectionString::parse(uri) else { return false };
    let required = |mode: &str| mode == "require" || mode.starts_with("verify-");
    let has_files = ["sslrootcert", "sslcert", "sslkey"].iter().any(|name| string.get(name).is_some());
    string.get("sslmode").map_or(has_files, required)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_used_where_the_connection_string_requires_it() {
        let with = |parameters| is_encrypted(&format!("postgres://ada@localhost/app{parameters}"));
        assert!(with("?sslmode=require") && with("?sslmode=verify-full") && with("?sslrootcert=/ca.pem"));
        assert!(with("?sslcert=/me.pem") && with("?sslkey=/me.key"));
        assert!(!with("") && !with("?sslmode=prefer") && !with("?sslmode=disable&sslrootcert=/ca.pem"));
        assert!(!is_encrypted("nonsense"));
    }
}
