//! Tables that are missing, or of another version.

use super::place::Place;
use super::{Found, Patient};
use crate::migrations::{VERSION, check as usable};
use crate::row::get;
use crate::session::Connections;
use fang_core::StoreError;
use fang_core::store::Finding;

const MIGRATE: &str = "run `fang migrate`, or call `queue.migrate()`";

/// The version of the tables. 0 if they are of a time before versions, or missing. If the row with the version is lost,
/// they are taken for those of this program.
pub(super) async fn version<C: Connections>(
    patient: &Patient<'_, C>,
    place: Option<&Place>,
) -> Result<i32, StoreError> {
    let Some(place) = place else { return Ok(0) };
    let meta = patient.rows(&patient.sql.place, &[&place.schema, &"fang_meta"]).await?;
    if meta.is_empty() {
        return Ok(0);
    }
    let rows = patient.rows(&patient.db.sql.version, &[]).await?;
    rows.first().map_or(Ok(VERSION), |row| get(row, 0))
}

pub(super) fn check(place: Option<&Place>, version: &Result<i32, StoreError>) -> Found {
    let Some(place) = place else {
        return Ok(vec![Finding::error(
            "no-tables",
            "the tables of fang are missing",
            format!("{MIGRATE}; or name their schema"),
        )]);
    };
    // A version that cannot be read is the business of the rights.
    let Ok(found) = version else { return Ok(Vec::new()) };
    let what = format!(
        "the tables in the schema {} have version {found}, this program works with {VERSION}",
        place.schema
    );
    Ok(match found - VERSION {
        0 => Vec::new(),
        ..0 => vec![Finding::error("schema-older", what, MIGRATE)],
        1 if usable(*found).is_ok() => {
            vec![Finding::warning(
                "schema-newer",
                what,
                "it may go on, but replace it with the new version soon",
            )]
        }
        _ => vec![Finding::error("schema-newer", what, "replace this program with a newer version")],
    })
}
