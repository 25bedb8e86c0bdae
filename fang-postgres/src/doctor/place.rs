//! The schema of the tables, and what the migrations have put into it.

use super::Patient;
use crate::migrations::POSTGRES;
use crate::row::get;
use crate::schema::Schema;
use crate::session::Connections;
use fang_core::StoreError;

/// Where the tables are.
pub(super) struct Place {
    /// The name of the schema.
    pub(super) schema: String,
}

impl Place {
    /// A name in this schema, as SQL writes it.
    pub(super) fn full(&self, name: &str) -> String {
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
        match self.schema.chars().all(is_plain) {
            true => format!("{}.{name}", self.schema),
            false => format!("\"{}\".{name}", self.schema.replace('"', "\"\"")),
        }
    }
}

/// Finds the schema with the table of tasks. `None` if there is none, or it is one of the search path that this role may not use.
pub(super) async fn find<C: Connections>(
    patient: &Patient<'_, C>,
    schema: &Schema,
) -> Result<Option<Place>, StoreError> {
    let rows = patient.rows(&patient.sql.place, &[&schema.name(), &"fang_tasks"]).await?;
    rows.first().map(|row| Ok(Place { schema: get(row, 0)? })).transpose()
}

/// The sort of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Table,
    Index,
    Function,
}

/// A table, index or function that a migration creates.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) sort: Sort,
    pub(super) name: &'static str,
    /// The version of the migration.
    pub(super) version: i32,
    /// The statement that creates it, in one line.
    pub(super) statement: String,
}

/// How the statements that create objects begin.
const CREATES: [(&str, Sort); 6] = [
    ("CREATE TABLE IF NOT EXISTS ", Sort::Table),
    ("CREATE TABLE ", Sort::Table),
    ("CREATE UNIQUE INDEX ", Sort::Index),
    ("CREATE INDEX ", Sort::Index),
    ("CREATE OR REPLACE FUNCTION ", Sort::Function),
    ("CREATE FUNCTION ", Sort::Function),
];

/// The objects that the migrations create, so that a new migration is known here by itself.
pub(super) fn objects() -> Vec<Object> {
    let mut all: Vec<Object> = Vec::new();
    for migration in POSTGRES {
        for (at, _) in migration.up.match_indices("\nCREATE ") {
            let statement = &migration.up[at + 1..];
            if let Some(object) = object(statement, migration.version)
                && all.iter().all(|known| known.name != object.name)
            {
                all.push(object);
            }
        }
    }
    all
}

fn object(statement: &'static str, version: i32) -> Option<Object> {
    let (begin, sort) = CREATES.into_iter().find(|(begin, _)| statement.starts_with(begin))?;
    let name = statement[begin.len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let statement = statement.split(';').next()?.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Object { sort, name, version, statement })
}

/// The names of the tables.
pub(super) fn tables() -> Vec<&'static str> {
    objects().into_iter().filter(|object| object.sort == Sort::Table).map(|object| object.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_tell_which_objects_there_are() {
        let objects = objects();
        let of = |sort| objects.iter().filter(move |object| object.sort == sort).map(|object| object.name);
        assert!(of(Sort::Table).any(|name| name == "fang_tasks") && of(Sort::Table).count() >= 8);
        assert!(of(Sort::Function).any(|name| name == "fang_session"));
        let unique = objects.iter().find(|object| object.name == "fang_tasks_unique").unwrap();
        assert!(
            unique
                .statement
                .starts_with("CREATE UNIQUE INDEX fang_tasks_unique ON fang_tasks (uniq_hash) WHERE")
        );
        assert_eq!((unique.sort, unique.version), (Sort::Index, 2));
    }
}
