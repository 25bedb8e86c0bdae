//! Functions that insert for roles without rights on the tables, and that every role may call.

use super::place::Place;
use super::{Found, Patient};
use crate::row::texts;
use crate::session::Connections;
use fang_core::store::Finding;

/// Only roles that are granted it may call them.
const INSERTS: [&str; 2] = ["fang_insert", "fang_insert_unique"];

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, place: &Place) -> Found {
    let rows = patient.rows(&patient.sql.open_inserts, &[&place.schema, &INSERTS.to_vec()]).await?;
    let (open, revokes) = (texts(&rows, 0)?, texts(&rows, 1)?);
    if open.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::warning(
        "open-inserts",
        format!("every role that may connect can insert tasks of any kind, by {}", open.join(" and ")),
        format!("run as the owner of the functions: {}", revokes.join("; ")),
    )])
}
