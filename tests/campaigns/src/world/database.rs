//! Queries of the campaign itself.

use crate::Failure;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The rows that a query returns, as text. Each query opens a connection, since an earlier one may be broken.
pub(super) fn rows(uri: &str, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
        // The client reports its errors.
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |row: &tokio_postgres::SimpleQueryRow| {
            (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
        };
        Ok(rows.map(text).collect())
    })
}
