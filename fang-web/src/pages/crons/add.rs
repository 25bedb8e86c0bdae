//! The form that adds a cron by hand.

use crate::form::{Errors, Form};
use crate::pairs::{Pairs, Sent};
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::{MODES, PRIORITIES, named, read_missed};
use fang_core::{Cron, NewTask, QueueError, ScheduleError};
use maud::{Markup, html};
use serde_json::value::RawValue;

/// A part of the page of all crons.
pub(super) fn part(visit: &Visit) -> Markup {
    html! {
        details.add {
            summary { "Add a cron by hand" }
            (fields(visit, &Form::fresh(&Pairs::default())))
        }
    }
}

fn fields(visit: &Visit, form: &Form<'_>) -> Markup {
    html! {
        form.filter method="post" action=(visit.base.to("/crons/add")) {
            (form.text("name", "Name", "nightly", "", true))
            (form.text("pattern", "Pattern", "0 3 * * *", "", true))
            (form.text("kind", "Kind of its tasks", "MonthlyReport", "", true))
            (form.json("payload", "Payload of its tasks, as JSON", "{}"))
            (form.text("time_zone", "Time zone", "UTC", "", false))
            (form.text("missed", "Missed ticks: coalesce, skip or a number", "coalesce", "", false))
            (form.text("task_type", "Task type", "common", "", false))
            (form.choice("mode", "Mode", MODES, "async"))
            (form.choice("priority", "Priority", PRIORITIES, "normal"))
            button.main { "Add the cron" }
        }
    }
}

/// Adds the cron, or shows the form again with what is wrong. One of this name has to be removed before, so that nothing is
/// overwritten by accident.
pub(crate) async fn add(visit: Visit, Sent { form, is_too_large }: Sent) -> Result<Response, Refusal> {
    let mut errors = Errors::default();
    if is_too_large {
        errors.refuse(Refusal::too_large());
    } else if let Some(new) = New::read(&form, &mut errors) {
        match save(&visit, new).await {
            Ok(name) => {
                visit.tell("add cron", name);
                visit.server.forget();
                return Ok(visit.see("/crons", [("told", "added")]));
            }
            Err(Trouble::Field(field, error)) => errors.add(field, &error),
            Err(Trouble::Form(refusal)) => errors.refuse(refusal),
        }
    }
    let form = Form::sent(&form, &errors);
    let rest = html! {
        (form.trouble())
        (fields(&visit, &form))
        p { a href=(visit.base.to("/crons")) { "Back to the crons" } }
    };
    let page = Page { title: "Add a cron", path: "/crons", rest: Some(rest), ..Page::default() };
    Ok(errors.answer(shell::page(&visit, page)))
}

/// Why a cron was not added: what is wrong with a field, or with the whole form.
enum Trouble {
    Field(&'static str, QueueError),
    Form(Refusal),
}

impl From<QueueError> for Trouble {
    fn from(error: QueueError) -> Self {
        let field = match &error {
            QueueError::Schedule(ScheduleError::TimeZone { .. }) => "time_zone",
            QueueError::Schedule(ScheduleError::CronName { .. }) => "name",
            QueueError::Schedule(_) => "pattern",
            QueueError::Payload(error) => crate::pages::insert::field(error),
            _ => return Self::Form(error.into()),
        };
        Self::Field(field, error)
    }
}

async fn save(visit: &Visit, new: New<'_>) -> Result<String, Trouble> {
    let (admin, name) = (&visit.server.admin, new.name);
    if admin.list_crons().await?.iter().any(|cron| cron.name_by_hand() == Some(name)) {
        let reason = format!("there is a cron {name:?} already; remove it before");
        return Err(Trouble::Form(Refusal::conflict(reason)));
    }
    Ok(admin.set_cron(name, new.cron, new.task).await?)
}

/// A cron as a form wants it.
struct New<'a> {
    name: &'a str,
    cron: Cron,
    task: NewTask,
}

impl<'a> New<'a> {
    /// The cron, or nothing if a field cannot be read.
    fn read(form: &'a Pairs, errors: &mut Errors) -> Option<Self> {
        let payload = form.get("payload").unwrap_or_default();
        let payload = serde_json::from_str::<Box<RawValue>>(payload)
            .map_err(|error| format!("the payload is not JSON ({error})"));
        let mode = named(MODES, form.get("mode").unwrap_or("async")).ok_or("there is no such mode");
        let priority = named(PRIORITIES, form.get("priority").unwrap_or("normal"));
        let priority = priority.ok_or("there is no such priority");
        let name = errors.take("name", form.get("name").ok_or("give it a name"));
        let pattern = form.get("pattern").ok_or("say when it ticks, such as 0 3 * * *");
        let pattern = errors.take("pattern", pattern);
        let kind = errors.take("kind", form.get("kind").ok_or("name the function or struct"));
        let missed = errors.take("missed", form.get("missed").map(read_missed).transpose());
        let (payload, mode) = (errors.take("payload", payload), errors.take("mode", mode));
        let priority = errors.take("priority", priority);
        let task = NewTask::of_kind(kind?, payload?).mode(mode?).priority(priority?);
        let task = match form.get("task_type") {
            Some(task_type) => task.task_type(task_type),
            None => task,
        };
        let cron = Cron::new(pattern?).time_zone(form.get("time_zone").unwrap_or("UTC"));
        Some(Self { name: name?, cron: cron.missed(missed?.unwrap_or_default()), task })
    }
}
