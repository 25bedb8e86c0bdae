//! Task types that have been paused for long.

use super::place::Place;
use super::{Found, Patient, span};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows_by_index(&patient.sql.paused, &[]).await? {
        let task_type: String = get(row, 0)?;
        found.push(Finding::warning(
            "paused-long",
            format!(
                "the task type {task_type:?} has been paused for {}, and tasks of it are due",
                span(get(row, 1)?)
            ),
            "resume it (`fang types resume`, or `resume` of a queue), or remove its tasks",
        ));
    }
    Ok(found)
}
