//! The form that adds a cron by hand.

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::{MODES, PRIORITIES, named, read_missed};
use fang_core::{Cron, NewTask};
use maud::{Markup, html};
use serde_json::value::RawValue;

pub(super) fn form(visit: &Visit) -> Markup {
    let text = |name: &str, title: &str, hint: &str, is_needed: bool| {
        html! { label { (title) input type="text" name=(name) placeholder=(hint) required[is_needed]; } }
    };
    html! {
        details.add {
            summary { "Add a cron by hand" }
            form.filter method="post" action=(visit.base.to("/crons/add")) {
                (text("name", "Name", "nightly", true))
                (text("pattern", "Pattern", "0 3 * * *", true))
                (text("kind", "Kind of its tasks", "MonthlyReport", true))
                label.whole { "Payload of its tasks, as JSON" textarea name="payload" rows="3" required { "{}" } }
                (text("time_zone", "Time zone", "UTC", false))
                (text("missed", "Missed ticks: coalesce, skip or a number", "coalesce", false))
                (text("task_type", "Task type", "common", false))
                label { "Mode" select name="mode" { @for (word, _) in MODES { option { (word) } } } }
                label { "Priority"
                    select name="priority" { @for (word, _) in PRIORITIES { option selected[*word == "normal"] { (word) } } }
                }
                button.main { "Add the cron" }
            }
        }
    }
}

/// Adds the cron. One of this name has to be removed before, so that nothing is overwritten by accident.
pub(crate) async fn add(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let (name, task) = (form.need("name")?, task(&form)?);
    let mut crons = visit.server.admin.list_crons().await?.into_iter();
    if crons.any(|cron| cron.name_by_hand() == Some(name)) {
        return Err(Refusal::conflict(format!("there is a cron {name:?} already; remove it before")));
    }
    let missed = form.get("missed").map(read_missed).transpose();
    let missed = missed.map_err(|advice| Refusal::bad(format!("missed ticks: {advice}")))?;
    let cron = Cron::new(form.need("pattern")?).time_zone(form.get("time_zone").unwrap_or("UTC"));
    let name = visit.server.admin.set_cron(name, cron.missed(missed.unwrap_or_default()), task).await?;
    visit.tell("add cron", name);
    visit.server.forget();
    Ok(visit.see("/crons", [("told", "added")]))
}

fn task(form: &Pairs) -> Result<NewTask, Refusal> {
    let fields: Box<RawValue> = serde_json::from_str(form.need("payload")?)
        .map_err(|error| Refusal::bad(format!("the payload is not JSON ({error})")))?;
    let mode = named(MODES, form.get("mode").unwrap_or("async"));
    let priority = named(PRIORITIES, form.get("priority").unwrap_or("normal"));
    let (Some(mode), Some(priority)) = (mode, priority) else {
        return Err(Refusal::bad("there is no such mode or priority"));
    };
    let task = NewTask::of_kind(form.need("kind")?, fields).mode(mode).priority(priority);
    Ok(match form.get("task_type") {
        Some(task_type) => task.task_type(task_type),
        None => task,
    })
}
