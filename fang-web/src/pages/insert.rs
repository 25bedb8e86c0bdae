//! `/insert`: a form that inserts a task of any kind.

use crate::form::{Errors, Form};
use crate::pairs::{Pairs, Sent};
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::{MODES, PRIORITIES, named, span};
use fang_core::store::InsertOutcome;
use fang_core::{NewTask, PayloadError, QueueError};
use maud::html;
use serde_json::value::RawValue;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    visit.must_act()?;
    Ok(page(&visit, &Form::fresh(&Pairs::default())).await)
}

/// Inserts the task, or shows the form again with what is wrong.
pub(crate) async fn insert(visit: Visit, Sent { form, is_too_large }: Sent) -> Result<Response, Refusal> {
    let mut errors = Errors::default();
    if is_too_large {
        errors.refuse(Refusal::too_large());
    } else if let Some(task) = task(&form, &mut errors) {
        match visit.server.admin.insert_task(task).await {
            Ok(inserted) => {
                let told = match inserted.outcome {
                    InsertOutcome::New => "inserted",
                    InsertOutcome::Replaced => "replaced",
                    InsertOutcome::Kept => "duplicate",
                };
                if inserted.outcome != InsertOutcome::Kept {
                    visit.tell("insert task", inserted.id.to_string());
                    visit.server.forget();
                }
                return Ok(visit.see(&format!("/tasks/{}", inserted.id), [("told", told)]));
            }
            Err(QueueError::Payload(error)) => errors.add(field(&error), &error),
            Err(error @ QueueError::Refused(_)) => errors.add("", &error),
            Err(error) => errors.refuse(error),
        }
    }
    Ok(errors.answer(page(&visit, &Form::sent(&form, &errors)).await))
}

async fn page(visit: &Visit, form: &Form<'_>) -> Response {
    // Without a store there is nothing to propose, and still what was written.
    let look = visit.server.look_within(super::tasks::COUNTED_FOR).await.ok();
    let types = look.iter().flat_map(|look| &look.types);
    let rest = html! {
        p.faint { "The code of the kind may be in another program. So task type, mode and priority do not follow it, and nothing checks that the payload fits." }
        (form.trouble())
        form.filter method="post" action=(visit.base.to("/insert")) {
            (form.text("kind", "Kind", "welcome", "", true))
            (form.text("task_type", "Task type", "common", "", false))
            datalist #types { @for of in types { option value=(of.task_type) {} } }
            (form.choice("mode", "Mode", MODES, "async"))
            (form.choice("priority", "Priority", PRIORITIES, "normal"))
            (form.text("delay", "Due from now", "at once, or 90s, 5m, 1d", "", false))
            (form.text("tags", "Tags, with commas between them", "vip, eu", "", false))
            (form.json("payload", "Payload: the fields of the struct, or the arguments of the function, as a JSON object", "{}"))
            button.main { "Insert the task" }
        }
        p { a href=(visit.base.to("/tasks")) { "Back to the tasks" } }
    };
    let page = Page { title: "Insert a task", path: "/tasks", rest: Some(rest), ..Page::default() };
    shell::page(visit, page)
}

/// The task, or nothing if a field cannot be read.
fn task(form: &Pairs, errors: &mut Errors) -> Option<NewTask> {
    let kind = form.get("kind").map(str::trim).filter(|kind| !kind.is_empty() && !kind.contains('\0'));
    let kind = kind.ok_or("name the function or struct");
    let payload = serde_json::from_str::<Box<RawValue>>(form.get("payload").unwrap_or("{}"))
        .map_err(|error| format!("the payload is not JSON: {error}"));
    let mode = named(MODES, form.get("mode").unwrap_or("async")).ok_or("there is no such mode");
    let priority =
        named(PRIORITIES, form.get("priority").unwrap_or("normal")).ok_or("there is no such priority");
    let delay = form.get("delay").map(span::parse).transpose();
    let (kind, payload) = (errors.take("kind", kind), errors.take("payload", payload));
    let (mode, priority) = (errors.take("mode", mode), errors.take("priority", priority));
    let delay = errors.take("delay", delay)?;
    let tags = form.get("tags").unwrap_or_default().split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let mut task = NewTask::of_kind(kind?, payload?).mode(mode?).priority(priority?).tags(tags);
    if let Some(task_type) = form.get("task_type").map(str::trim) {
        task = task.task_type(task_type);
    }
    Some(match delay {
        Some(delay) => task.delay(delay),
        None => task,
    })
}

/// The field that an error is about.
pub(crate) fn field(error: &PayloadError) -> &'static str {
    match error {
        PayloadError::NoKind | PayloadError::KindLength { .. } => "kind",
        PayloadError::TaskTypeLength { .. } | PayloadError::Nul { place: "the task type" } => "task_type",
        PayloadError::TagLength { .. } | PayloadError::Nul { place: "a tag" } => "tags",
        _ => "payload",
    }
}
