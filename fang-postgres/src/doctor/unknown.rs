//! Kinds that no program knows.

use super::place::Place;
use super::{Found, Patient, span};
use crate::row::{Row, get};
use crate::session::Connections;
use fang_core::StoreError;
use fang_core::store::Finding;
use std::collections::BTreeMap;

/// The task types that a statement looks at, which takes up to 20 ms.
const TYPES: i32 = 6;
/// The statements, for the first 3,000 task types.
const LOOKS: i32 = 500;
/// The kinds to tell of.
const MOST: usize = 20;

/// The tasks of a kind that no program knows.
struct Unknown {
    tasks: i64,
    seconds: f64,
    example: String,
}

/// By kind. A payload may have none.
type Kinds = BTreeMap<Option<String>, Unknown>;

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, _: &Place) -> Found {
    let mut kinds = Kinds::new();
    let mut from = Some(String::new());
    for _ in 0..LOOKS {
        let Some(first) = from.take() else { break };
        for row in &patient.rows_by_index(&patient.sql.unknown, &[&first, &TYPES]).await? {
            from = get(row, 0)?;
            add(&mut kinds, row)?;
        }
    }
    let not_looked_at = from.map(|first| rest(&first));
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, unknown)| -unknown.tasks);
    let found = kinds.iter().take(MOST).map(|(kind, unknown)| finding(kind.as_deref(), unknown));
    Ok(found.chain(not_looked_at).collect())
}

/// Adds a row of `unknown.sql`.
fn add(kinds: &mut Kinds, row: &impl Row) -> Result<(), StoreError> {
    let Some(tasks) = get::<Option<i64>>(row, 2)? else { return Ok(()) };
    let (seconds, example): (f64, String) = (get(row, 3)?, get(row, 4)?);
    let found = Unknown { tasks: 0, seconds: 0.0, example };
    let known = kinds.entry(get(row, 1)?).or_insert(found);
    known.tasks += tasks;
    known.seconds = known.seconds.max(seconds);
    Ok(())
}

/// The task types from this one on were not looked at.
fn rest(first: &str) -> Finding {
    Finding::warning(
        "not-checked",
        format!(
            "kinds that no program knows were looked for in the first {} task types with waiting tasks by name, and not \
             from {first:?} on",
            LOOKS * TYPES
        ),
        "see the logs of the pools of these task types: they warn of each such kind",
    )
}

fn finding(kind: Option<&str>, Unknown { tasks, seconds, example }: &Unknown) -> Finding {
    Finding::error(
        "unknown-kind",
        format!(
            "no program could run tasks of the kind {} for {}: {tasks} or more, such as {example}",
            kind.map_or_else(|| "(none)".to_owned(), |kind| format!("{kind:?}")),
            span(*seconds)
        ),
        "start a version of the program that has this kind and can read these payloads, or remove the tasks: they fail a \
         day after the first try",
    )
}
