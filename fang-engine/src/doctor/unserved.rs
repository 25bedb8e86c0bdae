use super::Found;
use fang_core::Mode;
use fang_core::store::{Finding, Store, UnservedType};
use std::collections::BTreeSet;

/// The task types to look at in one call, and in all: a doctor is quick.
const PAGE: u32 = 100;
const MOST_PAGES: usize = 50;

/// Finds task types whose due tasks no pool serves, and tasks that are due while there is no pool at all.
pub(super) async fn check(store: &dyn Store) -> Found {
    let (mut found, mut served, mut is_open) = (Vec::new(), BTreeSet::new(), false);
    let mut from = Some(String::new());
    for _ in 0..MOST_PAGES {
        let Some(first) = from else { break };
        let page = store.unserved(&first, PAGE).await?;
        found.extend(page.unserved);
        served.extend(page.served);
        is_open |= page.is_open;
        from = page.next;
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    if served.is_empty() && !is_open {
        return Ok(vec![no_pool(&found)]);
    }
    Ok(found.iter().map(unserved).collect())
}

fn no_pool(found: &[UnservedType]) -> Finding {
    let names: BTreeSet<&str> = found.iter().map(|of| of.task_type.as_str()).collect();
    let first = names.first().copied().unwrap_or_default();
    Finding::error(
        "no-pool",
        format!("tasks are due and no pool runs; task types: {}, the first is {first:?}", names.len()),
        "start a program with a worker pool for them",
    )
}

fn unserved(of: &UnservedType) -> Finding {
    let mode = match of.mode {
        Mode::Asynk => "async",
        Mode::Blocking => "blocking",
        Mode::Any => "any",
    };
    Finding::error(
        "unserved",
        format!("tasks of the task type {:?} are due, and no pool serves it (mode {mode})", of.task_type),
        "start a pool of that mode with this task type, correct the name where tasks are inserted, or pause the type",
    )
}
