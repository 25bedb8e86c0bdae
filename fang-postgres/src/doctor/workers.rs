//! Pools that count as alive and are silent.

use super::place::Place;
use super::{Found, Patient, span};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

/// In seconds: four leases, as they are by default. Other pools declare a silent one dead after one lease.
const SILENT: i64 = 120;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let rows = patient.rows(&patient.sql.workers, &[&SILENT]).await?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let (others, silent): (i64, i64) = (get(first, 3)?, get(first, 4)?);
    let mut told = Vec::new();
    for row in &rows {
        let (id, pid): (i64, String) = (get(row, 0)?, get(row, 1)?);
        told.push(format!("worker {id} (process {pid}) for {}", span(get(row, 2)?)));
    }
    let what = format!("{silent} pools count as alive and are silent: {}", told.join(", "));
    Ok(vec![match others {
        0 => Finding::error(
            "silent-workers",
            format!("{what}; no other pool runs, so nobody takes back their tasks"),
            "start a program with a worker pool: it takes their tasks back within a minute",
        ),
        _ => Finding::warning(
            "silent-workers",
            format!("{what}; {others} others run"),
            "look at these processes: they hang, or have a much longer lease than the others, which should be the same",
        ),
    }])
}
