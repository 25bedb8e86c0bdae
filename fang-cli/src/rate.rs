//! Task types and kinds with their rates, as the answers show them.

use crate::table::Table;
use crate::view::Waiting;
use fang_core::operator::span::{precise, short};
use fang_core::store::{KindInfo, Rate, TypeInfo};
use serde_json::{Value, json};
use std::time::Duration;

/// The titles of the columns of task types.
pub(crate) const TITLES: [&str; 15] = [
    "TASK TYPE",
    "DUE",
    "OLDEST",
    "WAITING",
    "RUNNING",
    "POOLS",
    "STARTED/S",
    "FAILED/S",
    "P50",
    "P95",
    "P99",
    "WAIT P50",
    "WAIT P95",
    "WAIT P99",
    "PAUSED",
];

/// The task types, by name.
pub(crate) fn table(types: &[TypeInfo]) -> Table<15> {
    let mut table = Table::new(TITLES);
    types.iter().for_each(|of| table.row(row(of)));
    table
}

/// The cells of a task type.
pub(crate) fn row(of: &TypeInfo) -> [String; 15] {
    let [started, failed, p50, p95, p99, wait_p50, wait_p95, wait_p99] = figures(of.rate.as_ref());
    [
        of.task_type.clone(),
        of.depth.due.to_string(),
        of.depth.oldest_due.map_or(String::new(), short),
        of.depth.waiting.to_string(),
        of.running.to_string(),
        of.served_by.len().to_string(),
        started,
        failed,
        p50,
        p95,
        p99,
        wait_p50,
        wait_p95,
        wait_p99,
        of.paused_at.map_or(String::new(), |_| "paused".to_owned()),
    ]
}

/// The kinds, by name.
pub(crate) fn kinds(kinds: &[KindInfo]) -> Table<10> {
    let mut table = Table::new([
        "KIND",
        "RUNNING",
        "STARTED/S",
        "FAILED/S",
        "P50",
        "P95",
        "P99",
        "WAIT P50",
        "WAIT P95",
        "WAIT P99",
    ]);
    for of in kinds {
        let [started, failed, p50, p95, p99, wait_p50, wait_p95, wait_p99] = figures(of.rate.as_ref());
        let running = of.running.to_string();
        table.row([of.kind.clone(), running, started, failed, p50, p95, p99, wait_p50, wait_p95, wait_p99]);
    }
    table
}

/// Runs and failures a second, how long the runs took, and how long their tasks had waited.
fn figures(rate: Option<&Rate>) -> [String; 8] {
    let span = |of: fn(&Rate) -> Option<Duration>| rate.and_then(of).map_or(String::new(), precise);
    [
        rate.map_or(String::new(), |rate| number(rate.started)),
        rate.map_or(String::new(), |rate| number(rate.retried + rate.failed)),
        span(|rate| rate.p50),
        span(|rate| rate.p95),
        span(|rate| rate.p99),
        span(|rate| rate.wait_p50),
        span(|rate| rate.wait_p95),
        span(|rate| rate.wait_p99),
    ]
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
