//! Settings with which a crash may lose tasks.

use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows(&patient.sql.durability, &[]).await? {
        let name: String = get(row, 0)?;
        found.push(match name.as_str() {
            "synchronous_commit" => Finding::warning(
                "commits-may-be-lost",
                "synchronous_commit is off for this role or database: a crash of the server loses the last inserts, though it \
                 acknowledged them, and runs tasks again",
                "set synchronous_commit = on for it (ALTER ROLE or ALTER DATABASE)",
            ),
            _ => Finding::error(
                "not-crash-safe",
                format!("{name} is off on the server: a crash of its machine may destroy all tables"),
                format!("set {name} = on"),
            ),
        });
    }
    Ok(found)
}
