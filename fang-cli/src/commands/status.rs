//! `fang status`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::Table;
use crate::view::Waiting;
use clap::Args;
use fang_core::FangTaskState;
use fang_core::operator::span::short;
use fang_core::store::{Capped, Count, Depth, Filter};
use fang_postgres::migrations::{VERSION, check};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Count all tasks of each type in each state. This reads the whole table, which takes seconds if it is large.
    #[arg(long)]
    exact: bool,
}

/// The tasks of a task type.
struct Type {
    depth: Depth,
    /// How many are in each state, if they were counted.
    states: Option<BTreeMap<&'static str, u64>>,
}

/// The fields of a task type.
#[derive(Serialize)]
struct Fields<'a> {
    #[serde(flatten)]
    waiting: Waiting,
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<&'a BTreeMap<&'static str, u64>>,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let admin = &database.admin;
    let version = admin.schema_version().await?;
    let depths = admin.depths().await?;
    let running = admin.count_matching(&Filter::in_state(FangTaskState::InProgress)).await?;
    let failed = admin.count_matching(&Filter::in_state(FangTaskState::Failed)).await?;
    let counts = if arguments.exact { Some(admin.count().await?) } else { None };
    let crons = admin.list_crons().await?;
    let types = types(depths, counts.as_deref());
    let paused = crons.iter().filter(|cron| cron.paused_at.is_some()).count();
    let fields = json!({
        "schema_version": version,
        "supported_schema_version": VERSION,
        "crons": { "total": crons.len(), "paused": paused },
        "running": { "tasks": running.tasks, "is_cut": running.is_cut },
        "failed": { "tasks": failed.tasks, "is_cut": failed.is_cut },
        "task_types": types.iter().map(Type::fields).collect::<Vec<_>>(),
    });
    let sums = format!("running {running}  failed {failed}  crons {}, of these {paused} paused", crons.len());
    let table = if arguments.exact { exact(&types).to_string() } else { table(&types).to_string() };
    Answer::new(fields, format!("{}\n{sums}\n\n{table}", schema(version)))
}

/// The version of the tables, and what to do if this program cannot work with it.
fn schema(version: Option<i32>) -> String {
    let shown = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    let advice = match version {
        Some(version) if check(version).is_err() && version < VERSION => "; run `fang migrate`",
        Some(version) if check(version).is_err() => "; install a newer fang-cli",
        _ => "",
    };
    format!("schema version {shown}, this program works with {VERSION}{advice}")
}

/// The types that have waiting tasks or, if they were counted, any tasks, by name.
fn types(depths: Vec<Depth>, counts: Option<&[Count]>) -> Vec<Type> {
    let of = |depth: Depth| Type { depth, states: counts.map(|_| BTreeMap::new()) };
    let mut types: BTreeMap<String, Type> =
        depths.into_iter().map(|depth| (depth.task_type.clone(), of(depth))).collect();
    for count in counts.unwrap_or_default() {
        let entry = types.entry(count.task_type.clone());
        let found = entry.or_insert_with(|| of(Depth::none(&count.task_type)));
        found.states.get_or_insert_default().insert(count.state.as_str(), count.tasks);
    }
    types.values_mut().for_each(Type::count_waiting);
    types.into_values().collect()
}

impl Type {
    /// Takes the exact number of waiting tasks, if there is one. How many of them are due is known only if the quick counts
    /// have the type.
    fn count_waiting(&mut self) {
        let Some(states) = &self.states else { return };
        let waiting = FangTaskState::ALL.into_iter().filter(|state| state.is_waiting());
        let count = waiting.filter_map(|state| states.get(state.as_str())).sum();
        self.depth.due.is_capped |= self.depth.waiting.count == 0 && count > 0;
        self.depth.waiting = Capped { count, is_capped: false };
    }

    fn fields(&self) -> Fields<'_> {
        Fields { waiting: Waiting::of(&self.depth), states: self.states.as_ref() }
    }

    fn waiting(&self) -> [String; 4] {
        let Depth { task_type, waiting, due, oldest_due } = &self.depth;
        let oldest = oldest_due.map_or_else(String::new, short);
        [task_type.clone(), due.to_string(), oldest, waiting.to_string()]
    }

    /// How many are in this state.
    fn number(&self, state: FangTaskState) -> String {
        let states = self.states.as_ref();
        states.and_then(|states| states.get(state.as_str()).copied()).unwrap_or(0).to_string()
    }
}

fn table(types: &[Type]) -> Table<4> {
    let mut table = Table::new(["TASK TYPE", "DUE", "OLDEST", "WAITING"]);
    types.iter().for_each(|of| table.row(of.waiting()));
    table
}

fn exact(types: &[Type]) -> Table<7> {
    let titles = ["TASK TYPE", "DUE", "OLDEST", "WAITING", "RUNNING", "FAILED", "FINISHED"];
    let mut table = Table::new(titles);
    for of in types {
        let [task_type, due, oldest, waiting] = of.waiting();
        table.row([
            task_type,
            due,
            oldest,
            waiting,
            of.number(FangTaskState::InProgress),
            of.number(FangTaskState::Failed),
            of.number(FangTaskState::Finished),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_counts_replace_those_that_stop_early_and_those_of_types_that_are_left_out() {
        let capped = Capped { count: 999, is_capped: true };
        let depth = Depth { waiting: capped, due: capped, ..Depth::none("a") };
        let count = |task_type: &str, state, tasks| Count { task_type: task_type.to_owned(), state, tasks };
        let counts = [
            count("a", FangTaskState::New, 4000),
            count("a", FangTaskState::Retried, 1000),
            count("b", FangTaskState::New, 7),
            count("c", FangTaskState::Failed, 2),
        ];
        let shown: Vec<_> = types(vec![depth], Some(&counts)).iter().map(Type::waiting).collect();
        let expected = [["a", "999+", "", "5000"], ["b", "0+", "", "7"], ["c", "0", "", "0"]];
        assert_eq!(shown, expected.map(|row| row.map(str::to_owned)));
    }

    #[test]
    fn tables_of_another_version_are_told_with_what_to_do() {
        assert!(schema(Some(VERSION - 1)).ends_with("run `fang migrate`"));
        assert!(schema(Some(VERSION + 2)).ends_with("install a newer fang-cli"));
        for version in [None, Some(VERSION), Some(VERSION + 1)] {
            assert!(schema(version).ends_with(&format!("works with {VERSION}")), "{version:?}");
        }
    }
}
