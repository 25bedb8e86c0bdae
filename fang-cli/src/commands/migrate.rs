//! `fang migrate`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use serde_json::json;

pub(crate) async fn run(database: &Database) -> Result<Answer, Failure> {
    let applied = database.migrate().await?;
    let version = database.admin.schema_version().await?;
    let shown = version.map_or_else(|| "?".to_owned(), |version| version.to_string());
    let plain = format!("{applied} migrations applied; the schema has version {shown}");
    Answer::new(json!({ "applied": applied, "schema_version": version }), plain)
}
