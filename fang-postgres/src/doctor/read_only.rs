//! A server that takes no changes.

use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>) -> Found {
    let rows = patient.rows(&patient.sql.read_only, &[]).await?;
    let Some(row) = rows.first() else { return Ok(Vec::new()) };
    let (is_standby, is_read_only): (bool, bool) = (get(row, 0)?, get(row, 1)?);
    let (what, what_to_do) = match (is_standby, is_read_only) {
        (true, _) => {
            ("the server is a standby and takes no changes", "name the primary server in the database URL")
        }
        (false, true) => (
            "transactions of this role or database are read-only by default, so no task is inserted or runs",
            "set default_transaction_read_only = off for it (ALTER ROLE or ALTER DATABASE)",
        ),
        (false, false) => return Ok(Vec::new()),
    };
    Ok(vec![Finding::error("read-only", what, what_to_do)])
}
