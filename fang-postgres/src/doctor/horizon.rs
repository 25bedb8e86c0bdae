//! Transactions, prepared transactions, replication slots and queries of standbys that keep dead rows.

use super::{Found, Patient, span};
use crate::row::get;
use crate::session::Connections;
use fang_core::store::Finding;

/// In seconds. Shorter transactions are ordinary.
const LONG: i64 = 300;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>) -> Found {
    let mut found = Vec::new();
    for row in &patient.rows(&patient.sql.horizon, &[&LONG]).await? {
        let (what, name, who): (String, String, String) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        found.push(finding(&what, &name, &who, get(row, 3)?));
    }
    Ok(found)
}

fn finding(what: &str, name: &str, who: &str, seconds: Option<f64>) -> Finding {
    let age = seconds.map_or_else(|| "a million transactions".to_owned(), span);
    let keeps = "keeps the server from removing the dead rows of finished tasks";
    match what {
        "prepared" => Finding::warning(
            "prepared-transaction",
            format!("the prepared transaction {name} of {who}, {age} old, {keeps}"),
            format!("COMMIT PREPARED '{0}' or ROLLBACK PREPARED '{0}'", name.replace('\'', "''")),
        ),
        "slot" => Finding::warning(
            "replication-slot",
            format!("the replication slot {name} ({who}) {keeps}"),
            "bring its standby back, or drop the slot with pg_drop_replication_slot if that is gone for good",
        ),
        "standby" => Finding::warning(
            "standby-query",
            format!(
                "a standby, connected as {who}, process {name}, {keeps}: a query there has been open for {age}"
            ),
            "end that query on the standby, or turn hot_standby_feedback off there",
        ),
        _ => Finding::warning(
            "long-transaction",
            format!("a transaction of {who}, process {name}, open for {age}, {keeps}"),
            format!("end it in its program, or with SELECT pg_terminate_backend({name})"),
        ),
    }
}
