//! `fang errors`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::{Table, shortened};
use crate::view::at;
use fang_core::store::{ErrorGroup, ErrorGroups};
use serde_json::{Value, json};

pub(crate) async fn run(database: &Database) -> Result<Answer, Failure> {
    let ErrorGroups { groups, looked, is_all, .. } = database.admin.errors().await?;
    let mut plain = table(&groups).to_string();
    if !is_all {
        plain += &format!("\nof the {looked} tasks that failed last");
    }
    let fields = groups.iter().map(fields).collect::<Vec<_>>();
    Answer::new(json!({ "groups": fields, "looked": looked, "is_all": is_all }), plain)
}

fn table(groups: &[ErrorGroup]) -> Table<5> {
    let mut table = Table::new(["TASKS", "KIND", "ERROR", "LAST AT", "EXAMPLE"]);
    for group in groups {
        table.row([
            group.tasks.to_string(),
            group.kind.clone(),
            shortened(&group.error),
            at(group.last_at),
            group.example.to_string(),
        ]);
    }
    table
}

fn fields(group: &ErrorGroup) -> Value {
    json!({
        "kind": group.kind,
        "error": group.error,
        "tasks": group.tasks,
        "first_at": group.first_at,
        "last_at": group.last_at,
        "example": group.example,
        "task_types": group.task_types,
    })
}
