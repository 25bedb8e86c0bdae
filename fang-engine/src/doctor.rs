//! The doctor: finds what will hurt and says what to do. The checks of this crate look through the verbs of any store.
//! The checks of one store are behind its verb `examine`.
//!
//! To add a check, write it in a file of its own and name it in [`CHECKS`]. Each finding needs a test that provokes it.

mod clocks;
mod crons;
mod payloads;
mod unserved;

pub(crate) use payloads::check_payloads;

use fang_core::StoreError;
use fang_core::store::{Finding, Findings, Store};
use futures_util::future::BoxFuture;

/// What a check has found.
type Found = Result<Vec<Finding>, StoreError>;
type Check = for<'a> fn(&'a dyn Store) -> BoxFuture<'a, Found>;

/// All checks, with their names.
const CHECKS: [(&str, Check); 3] = [
    ("clocks", |store| Box::pin(clocks::check(store))),
    ("unserved", |store| Box::pin(unserved::check(store))),
    ("crons", |store| Box::pin(crons::check(store))),
];

/// Findings after which the verbs of the store cannot be called.
const BLOCKING: [&str; 4] = ["no-tables", "schema-older", "schema-newer", "pooler"];

/// Looks for what will hurt.
pub(crate) async fn examine(store: &dyn Store) -> Found {
    let in_store = match store.examine().await {
        Err(StoreError::Pooled { source }) => return Ok(vec![through_pooler(&source.to_string())]),
        outcome => outcome?,
    };
    let is_blocked = in_store.iter().any(|finding| BLOCKING.contains(&finding.code));
    let mut findings = Findings::default();
    findings.add("store", Ok(in_store))?;
    if !is_blocked || store.check().await.is_ok() {
        for (name, check) in CHECKS {
            findings.add(name, check(store).await)?;
        }
    }
    Ok(findings.into_vec())
}

fn through_pooler(reason: &str) -> Finding {
    Finding::pooler(format!("a pooler such as PgBouncer refuses what the queue relies on: {reason}"))
}
