//! Rights that this role lacks to insert, run and control tasks.

use super::place::{Place, Sort, objects, tables};
use super::{Found, Patient};
use crate::row::{get, texts};
use crate::schema::Schema;
use crate::session::Connections;
use crate::sql::Statements;
use fang_core::StoreError;
use fang_core::store::Finding;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, place: &Place) -> Found {
    let params: [&dyn crate::value::Value; 4] = [&place.schema, &tables(), &called(), &never_removed_from()];
    let rows = patient.rows(&patient.sql.rights, &params).await?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let role: String = get(first, 0)?;
    let (lacks, grants) = (texts(&rows, 1)?, texts(&rows, 2)?);
    Ok(vec![Finding::error(
        "missing-rights",
        format!("the role {role} lacks rights that a program with pools needs: {}", lacks.join("; ")),
        format!("run as the owner of the tables: {}", grants.join("; ")),
    )])
}

/// A schema of the search path that has the tables, and that this role may not use.
pub(super) async fn hidden<C: Connections>(patient: &Patient<'_, C>) -> Result<Option<Finding>, StoreError> {
    let rows = patient.rows(&patient.db.sql.hidden_schema, &[&"fang_tasks", &false]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (schema, grant): (String, String) = (get(first, 0)?, get(first, 1)?);
    Ok(Some(Finding::error(
        "missing-rights",
        format!("this role may not use the schema {schema}, which has the tables of fang"),
        format!("run as the owner of the schema: {grant}"),
    )))
}

/// The functions that the statements of the library call. The others are for programs in other languages.
fn called() -> Vec<&'static str> {
    let statements = Statements::new(&Schema::default());
    let all = statements.all();
    let functions =
        objects().into_iter().filter(|object| object.sort == Sort::Function).map(|object| object.name);
    functions.filter(|name| all.iter().any(|(_, sql)| sql.contains(&format!("{name}(")))).collect()
}

/// The tables of which no statement removes a row.
fn never_removed_from() -> Vec<&'static str> {
    let statements = Statements::new(&Schema::default());
    let all = statements.all();
    let is_removed_from =
        |table: &&str| all.iter().any(|(_, sql)| sql.contains(&format!("DELETE FROM {table}")));
    tables().into_iter().filter(|table| !is_removed_from(table)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_of_two_tables_are_never_removed() {
        assert_eq!(super::never_removed_from(), ["fang_meta", "fang_queues"]);
    }

    #[test]
    fn functions_for_other_languages_need_no_right() {
        let called = super::called();
        assert!(called.contains(&"fang_session") && !called.contains(&"fang_insert"), "{called:?}");
    }
}
