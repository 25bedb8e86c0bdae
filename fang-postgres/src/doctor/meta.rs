//! The bookkeeping: its row was lost, or the clock of the server was ahead.

use super::place::Place;
use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let rows = patient.rows(&patient.sql.meta, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(vec![Finding::warning(
            "lost-bookkeeping",
            "the row of fang_meta is missing, as after a restore without data",
            "start a pool: its first beat puts the row back",
        )]);
    };
    let was_ahead: bool = get(row, 1)?;
    Ok(Vec::from_iter(was_ahead.then(|| {
        Finding::warning(
            "clock-was-ahead",
            "the clock of the database was ahead and went back, so some tasks may be due too late",
            "synchronize it with NTP; a running pool brings these tasks back with its next prune",
        )
    })))
}
