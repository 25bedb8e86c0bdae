//! `/tasks/{id}`: all of a task.

use super::payload;
use crate::refusal::Refusal;
use crate::seen::Seen;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::extract::Path;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::Task;
use fang_core::operator::{self, span};
use fang_core::store::{Change, Running};
use maud::{Markup, html};
use uuid::Uuid;

pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: Uuid = id.parse().map_err(|_| Refusal::not_found("this is no id of a task"))?;
    let seen = visit.server.task(id, true).await?;
    let Some(Seen { task, .. }) = seen.as_ref() else { return just_gone(&visit, id) };
    let title = show::shortened(task.kind().unwrap_or("?"), 60);
    let stream = visit.base.with("/live", [("page", "task"), ("id", id.to_string().as_str())]);
    let (live, rest) = (part(&visit, id, &seen).await?, payload::part(&visit, task));
    let page = Page { title: &title, path: "/tasks", stream: Some(stream), ..Page::default() };
    Ok(shell::page(&visit, Page { live: Some(live), rest: Some(rest), ..page }))
}

/// A task that was just inserted, or its duplicate, may have ended, and its row is gone. Otherwise there is no such page.
fn just_gone(visit: &Visit, id: Uuid) -> Result<Response, Refusal> {
    if !matches!(visit.query.get("told"), Some("inserted" | "duplicate" | "replaced")) {
        return Err(Refusal::not_found(gone(id)));
    }
    let rest = html! { p { "It has ended already, and its row was removed." } p.id { (id) } };
    Ok(shell::page(visit, Page { title: "A task", path: "/tasks", rest: Some(rest), ..Page::default() }))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let id: Uuid = visit.query.need("id")?.parse().map_err(|_| Refusal::bad("this is no id of a task"))?;
    let seen = visit.server.task(id, false).await?;
    part(visit, id, &seen).await
}

/// What changes of a task: all but its payload.
async fn part(visit: &Visit, id: Uuid, seen: &Option<Seen>) -> Result<Markup, Refusal> {
    let Some(Seen { task, place }) = seen else {
        return Ok(html! { p.told role="status" { (gone(id)) "." } });
    };
    let now = visit.server.now().await?;
    Ok(html! {
        p { (show::state(task.state)) " " span.id { (task.id) } }
        @if visit.may_act() { (actions(visit, task)) }
        @if let Some(error) = &task.error_message { pre.bad-box.error { bdi { (show::visible(error)) } } }
        (fields(visit, task, place.as_ref(), now))
        (timeline(task, place.as_ref(), now))
        (failures(task, now))
    })
}

fn gone(id: Uuid) -> String {
    format!("no task has the id {id}; rows of tasks that ended may have been removed")
}

fn actions(visit: &Visit, task: &Task) -> Markup {
    let fits = |change: Change| change.fits(task.state);
    let (act, id) = (visit.base.to("/change"), task.id);
    let ask = |word, name: &str, class| {
        let id = id.to_string();
        let to = visit.base.with("/change", [("do", word), ("scope", "selected"), ("id", id.as_str())]);
        html! { a class={ "button " (class) } href=(to) { (name) } " " }
    };
    let waits = task.state.is_waiting();
    html! {
        form.actions method="post" action=(act) {
            input type="hidden" name="id" value=(id);
            input type="hidden" name="scope" value="one";
            @if fits(Change::Retry) { button.main name="do" value="retry" { @if waits { "Run now" } @else { "Retry" } } " " }
            @if fits(Change::Cancel) { button name="do" value="cancel" { "Cancel" } " " }
            @if waits { (ask("reschedule", "Reschedule…", "")) (ask("priority", "Priority…", "")) }
            (ask("remove", "Remove…", "danger"))
        }
    }
}

fn fields(visit: &Visit, task: &Task, place: Option<&Running>, now: DateTime<Utc>) -> Markup {
    let list = |name, value: &str| visit.base.with("/tasks", [(name, value)]);
    let worker = place.and_then(|running| running.worker);
    html! {
        dl.fields {
            dt { "Task type" } dd { a href=(list("task_type", &task.task_type)) { bdi { (show::visible(&task.task_type)) } } }
            @if let Some(kind) = task.kind() { dt { "Kind" } dd { a href=(list("kind", kind)) { bdi { (show::visible(kind)) } } } }
            dt { "Mode" } dd { (operator::mode(task.mode)) }
            dt { "Priority" } dd { (operator::priority(task.priority)) }
            @if let Some(worker) = worker { dt { "Runs in" } dd { a href=(visit.base.to("/workers")) { "worker " (worker) } } }
            dt { "Retries" } dd { (task.retries) @if let Some(most) = task.max_retries { " of " (most) } }
            dt { "Claims" } dd { (task.lease) }
            @if let Some(queued) = queued(task, place, now) { dt { "Time in the queue" } dd { (queued) } }
            @if task.crashes > 0 { dt { "Crashes" } dd { (task.crashes) } }
            @if !task.tags.is_empty() {
                dt { "Tags" } dd { @for tag in &task.tags { a.badge href=(list("tag", tag)) { bdi { (show::visible(tag)) } } " " } }
            }
            @if let Some(hash) = &task.uniq_hash { dt { "Unique hash" } dd.id { (show::visible(hash)) } }
            @if let Some(at) = task.expires_at { dt { "Expires" } dd { (show::instant(at, now)) } }
            @if let Some(at) = task.keep_until { dt { "Kept until" } dd { (show::instant(at, now)) } }
            @for (name, value) in &task.headers {
                dt { "Header " bdi { (show::visible(name)) } } dd { bdi { (show::visible(value)) } }
            }
        }
    }
}

/// How long the task was due before its run began, or that it still is. Rows of tasks that ended do not tell.
fn queued(task: &Task, place: Option<&Running>, now: DateTime<Utc>) -> Option<Markup> {
    if let Some(running) = place {
        let span = (running.since - task.scheduled_at).to_std().unwrap_or_default();
        return Some(html! { (span::precise(span)) });
    }
    let waits = task.state.is_waiting() && task.scheduled_at <= now;
    waits.then(|| html! { "due " (show::ago(task.scheduled_at, now)) ", not begun" })
}

fn timeline(task: &Task, place: Option<&Running>, now: DateTime<Utc>) -> Markup {
    let steps = operator::timeline(task, place.map(|running| running.since));
    html! {
        h2 { "Timeline" }
        ol.timeline { @for (at, what) in steps { li { (show::instant(at, now)) " " strong { (what) } } } }
    }
}

fn failures(task: &Task, now: DateTime<Utc>) -> Markup {
    html! {
        @if !task.failures.is_empty() {
            h2 { "Failures" }
            @for failure in task.failures.iter().rev() {
                h3 { "Run " (failure.attempt) " " small { (show::instant(failure.at, now)) } }
                pre.error { bdi { (show::visible(&failure.error)) } }
            }
        }
    }
}
