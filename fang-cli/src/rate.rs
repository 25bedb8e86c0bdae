//! Task types and kinds with their rates, as the answers show them.

use crate::table::Table;
use crate::view::Waiting;
use fang_core::operator::span::{precise, short};
use fang_core::store::{KindInfo, Rate, TypeInfo};
use serde_json::{Value, json};
use std::time::Duration;

/// A column of a rate: its title, and how it is shown.
type Figure = (&'static str, fn(&Rate) -> String);

/// Runs and failures a second, how long the runs took, and how long their tasks had waited.
const FIGURES: [Figure; 8] = [
    ("STARTED/S", |rate| number(rate.started)),
    ("FAILED/S", |rate| number(rate.retried + rate.failed)),
    ("P50", |rate| time(rate.p50)),
    ("P95", |rate| time(rate.p95)),
    ("P99", |rate| time(rate.p99)),
    ("WAIT P50", |rate| time(rate.wait_p50)),
    ("WAIT P95", |rate| time(rate.wait_p95)),
    ("WAIT P99", |rate| time(rate.wait_p99)),
];

/// These titles, and between them those of a rate.
const fn titles<const ALL: usize>(before: &[&'static str], after: &[&'static str]) -> [&'static str; ALL] {
    let mut all = [""; ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < before.len() {
            before[at]
        } else if at < before.len() + FIGURES.len() {
            FIGURES[at - before.len()].0
        } else {
            after[at - before.len() - FIGURES.len()]
        };
        at += 1;
    }
    all
}

/// These cells, and between them those of a rate.
fn cells<const ALL: usize>(
    before: impl IntoIterator<Item = String>,
    rate: Option<&Rate>,
    after: impl IntoIterator<Item = String>,
) -> [String; ALL] {
    let figures = FIGURES.iter().map(|(_, figure)| rate.map_or(String::new(), figure));
    let mut all = before.into_iter().chain(figures).chain(after);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}

/// The titles of the columns of task types.
pub(crate) const TITLES: [&str; 15] =
    titles(&["TASK TYPE", "DUE", "OLDEST", "WAITING", "RUNNING", "POOLS"], &["PAUSED"]);

/// The task types, by name.
pub(crate) fn table(types: &[TypeInfo]) -> Table<15> {
    let mut table = Table::new(TITLES);
    types.iter().for_each(|of| table.row(row(of)));
    table
}

/// The cells of a task type.
pub(crate) fn row(of: &TypeInfo) -> [String; 15] {
    let before = [
        of.task_type.clone(),
        of.depth.due.to_string(),
        of.depth.oldest_due.map_or(String::new(), short),
        of.depth.waiting.to_string(),
        of.running.to_string(),
        of.served_by.len().to_string(),
    ];
    cells(before, of.rate.as_ref(), of.paused_at.map(|_| "paused".to_owned()))
}

/// The kinds, by name.
pub(crate) fn kinds(kinds: &[KindInfo]) -> Table<10> {
    let mut table = Table::new(titles(&["KIND", "RUNNING"], &[]));
    for of in kinds {
        table.row(cells([of.kind.clone(), of.running.to_string()], of.rate.as_ref(), None));
    }
    table
}

/// A time, and nothing if there is none.
fn time(span: Option<Duration>) -> String {
    span.map_or(String::new(), precise)
}

/// A rate with one digit after the point if it is small.
fn number(rate: f64) -> String {
    if rate >= 100.0 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}

/// The fields of a task type.
pub(crate) fn fields(of: &TypeInfo) -> Value {
    let mut fields = json!(Waiting::of(&of.depth));
    fields["paused_at"] = json!(of.paused_at);
    fields["served_by"] = of.served_by.iter().map(|worker| worker.0).collect();
    fields["running"] = json!(of.running);
    fields["rate"] = of.rate.as_ref().map_or(Value::Null, of_rate);
    fields
}

/// The fields of a kind.
pub(crate) fn kind_fields(of: &KindInfo) -> Value {
    json!({
        "kind": of.kind,
        "running": of.running,
        "rate": of.rate.as_ref().map_or(Value::Null, of_rate),
    })
}

fn of_rate(rate: &Rate) -> Value {
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
    json!({
        "started": rate.started,
        "finished": rate.finished,
        "retried": rate.retried,
        "failed": rate.failed,
        "mean_seconds": seconds(rate.mean),
        "p50_seconds": seconds(rate.p50),
        "p95_seconds": seconds(rate.p95),
        "p99_seconds": seconds(rate.p99),
        "wait_mean_seconds": seconds(rate.wait_mean),
        "wait_p50_seconds": seconds(rate.wait_p50),
        "wait_p95_seconds": seconds(rate.wait_p95),
        "wait_p99_seconds": seconds(rate.wait_p99),
    })
}
