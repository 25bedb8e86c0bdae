//! Limits on connections that are nearly reached.

use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows(&patient.sql.connections, &[]).await? {
        let (what, most, open): (String, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        if open * 10 >= most * 9 {
            found.push(Finding::warning(
                "connections-used-up",
                format!("{open} of the {most} connections that the {what} allows are open"),
                "raise the limit, lower max_pool_size of the queues, or put a pooler such as PgBouncer in between",
            ));
        }
    }
    Ok(found)
}
