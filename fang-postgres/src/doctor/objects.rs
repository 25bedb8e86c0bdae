//! Objects of the migrations that are missing, and indexes that are not valid.

use super::place::{Object, Place, Sort, objects};
use super::{Found, Patient};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;
use std::collections::BTreeMap;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, place: &Place) -> Found {
    let wanted = objects();
    let names: Vec<&str> = wanted.iter().map(|object| object.name).collect();
    let mut there: BTreeMap<String, bool> = BTreeMap::new();
    for row in &patient.rows(&patient.sql.objects, &[&place.schema, &names]).await? {
        there.insert(get(row, 0)?, get(row, 1)?);
    }
    let missing =
        wanted.iter().filter(|object| !there.contains_key(object.name)).map(|object| missing(object, place));
    let invalid = there.iter().filter(|(_, is_valid)| !**is_valid).map(|(name, _)| invalid(name, place));
    Ok(missing.chain(invalid).collect())
}

fn missing(object: &Object, place: &Place) -> Finding {
    let Object { name, statement, version, .. } = object;
    let schema = &place.schema;
    match object.sort {
        Sort::Index => Finding::error(
            "missing-index",
            format!(
                "the index {name} is missing in the schema {schema}, so statements read whole tables, or duplicates get in"
            ),
            format!("run in that schema: {}", statement.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)),
        ),
        Sort::Table | Sort::Function => Finding::error(
            "missing-object",
            format!("{name}, of migration {version}, is missing in the schema {schema}"),
            format!(
                "create it again in that schema, by its statement in the file {version:04} of migrations/postgres"
            ),
        ),
    }
}

fn invalid(name: &str, place: &Place) -> Finding {
    Finding::error(
        "invalid-index",
        format!(
            "the index {name} in the schema {} is not valid: statements cannot use it, and each insert pays for it",
            place.schema
        ),
        format!("run REINDEX INDEX CONCURRENTLY {}, or drop it if it is your own", place.full(name)),
    )
}
