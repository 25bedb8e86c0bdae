//! Task types and their rates, as the answers show them.

use crate::table::Table;
use crate::view::Waiting;
use fang_core::operator::span::{precise, short};
use fang_core::store::{Rate, TypeInfo};
use serde_json::{Value, json};
use std::time::Duration;

/// The titles of the columns of task types.
pub(crate) const TITLES: [&str; 12] = [
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
    "PAUSED",
];

/// The task types, by name.
pub(crate) fn table(types: &[TypeInfo]) -> Table<12> {
    let mut table = Table::new(TITLES);
    types.iter().for_each(|of| table.row(row(of)));
    table
}

/// The cells of a task type.
pub(crate) fn row(of: &TypeInfo) -> [String; 12] {
    let rate = of.rate.as_ref();
    let span =
        |quantile: fn(&Rate) -> Option<Duration>| rate.and_then(quantile).map_or(String::new(), precise);
    [
        of.task_type.clone(),
        of.depth.due.to_string(),
        of.depth.oldest_due.map_or(String::new(), short),
        of.depth.waiting.to_string(),
        of.running.to_string(),
        of.served_by.len().to_string(),
        rate.map_or(String::new(), |rate| number(rate.started)),
        rate.map_or(String::new(), |rate| number(rate.retried + rate.failed)),
        span(|rate| rate.p50),
        span(|rate| rate.p95),
        span(|rate| rate.p99),
        of.paused_at.map_or(String::new(), |_| "paused".to_owned()),
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
    })
}
