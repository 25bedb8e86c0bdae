//! `fang migrate`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::QueueError;
use fang_core::StoreError::NotMigrated;
use fang_postgres::Schema;
use fang_postgres::migrations::{self, Migration, VERSION};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Tell which migrations are missing, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the SQL of the missing migrations, and change nothing, with or without --dry-run.
    #[arg(long)]
    sql: bool,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    if arguments.dry_run || arguments.sql {
        let missing: Vec<_> = migrations::pending(found(database).await?).collect();
        return if arguments.sql { sql(&missing, &database.schema) } else { told(&missing) };
    }
    let applied = database.migrate().await?;
    let version = database.admin.schema_version().await?;
    let shown = version.map_or_else(|| "?".to_owned(), |version| version.to_string());
    let migrations = if applied == 1 { "migration" } else { "migrations" };
    let plain = format!("{applied} {migrations} applied; the schema has version {shown}");
    Answer::new(json!({ "applied": applied, "schema_version": version }), plain)
}

/// The version of the tables, 0 if there are none.
async fn found(database: &Database) -> Result<i32, Failure> {
    match database.admin.schema_version().await {
        Ok(Some(version)) => Ok(version),
        Ok(None) => Err(Failure::new("the row of fang_meta is gone; `fang migrate` puts it back")),
        Err(QueueError::Store(NotMigrated { .. })) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn told(missing: &[&Migration]) -> Result<Answer, Failure> {
    let versions: Vec<_> = missing.iter().map(|migration| migration.version).collect();
    let listed = versions.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    let plain = match missing.is_empty() {
        true => "no migration is missing".to_owned(),
        false => format!("missing migrations: {listed}; `fang migrate` applies them, --sql prints them"),
    };
    Answer::new(json!({ "missing": versions, "supported_schema_version": VERSION }), plain)
}

/// In one transaction, in which the schema is named as `fang migrate` does.
fn sql(missing: &[&Migration], schema: &Schema) -> Result<Answer, Failure> {
    if missing.is_empty() {
        let script = "-- no migration is missing";
        return Answer::new(json!({ "sql": script }), script);
    }
    let mut script = format!("BEGIN;\n{};\n", migrations::LIMITS);
    if let Some(name) = schema.quoted() {
        script += &format!("CREATE SCHEMA IF NOT EXISTS {name};\nSET LOCAL search_path TO {name};\n");
    }
    for migration in missing {
        script += &format!("-- {}\n{}\n", migration.version, migration.up.trim_end());
    }
    script += "COMMIT;";
    Answer::new(json!({ "sql": script }), script)
}
