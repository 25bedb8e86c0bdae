//! Fewer connections than the running pools may open.

use super::place::Place;
use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

/// What a busy pool with many short tasks opens: the heart, two to claim and finish, two for lock-claims.
const OF_A_POOL: i64 = 5;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows(&patient.sql.fleet, &[]).await? {
        let (what, most, pools): (String, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        let wanted = pools * OF_A_POOL;
        if wanted > most {
            found.push(Finding::warning(
                "connections-short",
                format!(
                    "{pools} running pools open up to {wanted} connections, besides those of queues, and the {what} \
                     allows {most}"
                ),
                "raise the limit, put a pooler such as PgBouncer in between, or turn lock-claims off (three instead of five)",
            ));
        }
    }
    Ok(found)
}
