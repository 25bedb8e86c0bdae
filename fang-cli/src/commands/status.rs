//! `fang status`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::span::short;
use crate::table::Table;
use crate::view::Waiting;
use clap::Args;
use fang_core::FangTaskState;
use fang_core::store::{Count, Depth};
use fang_postgres::migrations::VERSION;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave out the tasks that run or have ended. To count these, the whole table is read.
    #[arg(long)]
    quick: bool,
}

/// The tasks of a task type.
#[derive(Serialize)]
struct Type {
    #[serde(flatten)]
    waiting: Waiting,
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<BTreeMap<&'static str, u64>>,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let admin = &database.admin;
    let version = admin.schema_version().await?;
    let depths = admin.depths().await?;
    let counts = if arguments.quick { None } else { Some(admin.count().await?) };
    let crons = admin.list_crons().await?;
    let (paused, total) = (crons.iter().filter(|cron| cron.paused_at.is_some()).count(), crons.len());
    let table = table(&depths, counts.as_deref());
    let schema = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    let advice = match version {
        Some(version) if version < VERSION => "; run `fang migrate`",
        _ => "",
    };
    let plain = format!(
        "schema version {schema}, this program works with {VERSION}{advice}\ncrons {total}, of these {paused} paused\n\n{table}"
    );
    let fields = json!({
        "schema_version": version,
        "supported_schema_version": VERSION,
        "crons": { "total": total, "paused": paused },
        "task_types": types(&depths, counts.as_deref()),
    });
    Answer::new(fields, plain)
}

/// The types that have waiting or other tasks, by name.
fn types(depths: &[Depth], counts: Option<&[Count]>) -> Vec<Type> {
    let mut types: BTreeMap<&str, Type> = BTreeMap::new();
    let named = |depth: &Depth| Type { waiting: Waiting::of(depth), states: counts.map(|_| BTreeMap::new()) };
    types.extend(depths.iter().map(|depth| (depth.task_type.as_str(), named(depth))));
    for count in counts.unwrap_or_default() {
        let entry = types.entry(&count.task_type);
        let of = entry.or_insert_with(|| named(&Depth::none(&count.task_type)));
        of.states.get_or_insert_default().insert(count.state.as_str(), count.tasks);
    }
    types.into_values().collect()
}

fn table(depths: &[Depth], counts: Option<&[Count]>) -> Table<7> {
    let titles = ["TASK TYPE", "DUE", "OLDEST", "WAITING", "RUNNING", "FAILED", "FINISHED"];
    let mut table = Table::new(titles);
    for of in types(depths, counts) {
        let number = |state: FangTaskState| {
            of.states.as_ref().map_or("?".to_owned(), |states| {
                states.get(state.as_str()).copied().unwrap_or_default().to_string()
            })
        };
        let plus = |is_capped| if is_capped { "+" } else { "" };
        let waiting = &of.waiting;
        table.row([
            waiting.task_type.clone(),
            format!("{}{}", waiting.due, plus(waiting.due_is_capped)),
            waiting.oldest_due_seconds.map_or(String::new(), |seconds| {
                short(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
            }),
            format!("{}{}", waiting.waiting, plus(waiting.waiting_is_capped)),
            number(FangTaskState::InProgress),
            number(FangTaskState::Failed),
            number(FangTaskState::Finished),
        ]);
    }
    table
}
