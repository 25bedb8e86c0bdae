//! Kinds that no program knows.

use super::place::Place;
use super::{Found, Patient, span};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows_by_index(&patient.sql.unknown, &[]).await? {
        let (kind, tasks): (Option<String>, i64) = (get(row, 0)?, get(row, 1)?);
        let (for_seconds, example): (f64, String) = (get(row, 2)?, get(row, 3)?);
        found.push(Finding::error(
            "unknown-kind",
            format!(
                "no program could run tasks of the kind {} for {}: {tasks} or more, such as {example}",
                kind.as_deref().map_or_else(|| "(none)".to_owned(), |kind| format!("{kind:?}")),
                span(for_seconds)
            ),
            "start a version of the program that has this kind and can read these payloads, or remove the tasks: they fail a \
             day after the first try",
        ));
    }
    Ok(found)
}
