//! Crons and their ticks, as the answers show them.

use crate::answer::Answer;
use crate::failure::Failure;
use crate::table::Table;
use crate::view::at;
use chrono::{DateTime, Utc};
use fang_core::operator;
use fang_core::store::CronInfo;
use serde_json::{Value, json};

/// The crons, by name.
pub(super) fn list(crons: &[CronInfo]) -> Result<Answer, Failure> {
    let titles = ["NAME", "PATTERN", "TIME ZONE", "TASK TYPE", "NEXT TICK", "PAUSED AT"];
    let mut table = Table::new(titles);
    for cron in crons {
        table.row([
            cron.name.clone(),
            cron.cron.pattern.clone(),
            cron.cron.time_zone.clone(),
            cron.task_type.clone(),
            at(cron.next_tick),
            cron.paused_at.map_or(String::new(), at),
        ]);
    }
    Answer::new(crons.iter().map(fields).collect::<Vec<_>>(), table.to_string())
}

/// Ticks of a cron, the first one first.
pub(super) fn ticks(name: &str, ticks: &[DateTime<Utc>]) -> Result<Answer, Failure> {
    let plain = ticks.iter().map(|tick| at(*tick) + "\n").collect::<String>();
    Answer::new(json!({ "name": name, "ticks": ticks }), plain)
}

fn fields(cron: &CronInfo) -> Value {
    json!({
        "name": cron.name,
        "kind": cron.kind(),
        "pattern": cron.cron.pattern,
        "time_zone": cron.cron.time_zone,
        "missed": operator::missed(cron.cron.missed),
        "task_type": cron.task_type,
        "mode": operator::mode(cron.mode),
        "priority": operator::priority(cron.priority),
        "next_tick": cron.next_tick,
        "is_by_hand": cron.name_by_hand().is_some(),
        "created_at": cron.created_at,
        "paused_at": cron.paused_at,
    })
}
