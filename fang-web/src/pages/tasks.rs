//! `/tasks`: the tasks that match a filter, page by page, and what can be done with them.

mod tabs;

use crate::kinds::Kinds;
use crate::look::Look;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use crate::which::Which;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::Task;
use fang_core::operator::{PRIORITIES, STATES};
use fang_core::store::{Cursor, Matching, PageRequest};
use maud::{Markup, html};
use std::time::Duration;
use uuid::Uuid;

/// How many tasks a page has.
const LIMIT: u32 = 50;
/// How long the numbers beside the states are shown again.
pub(super) const COUNTED_FOR: Duration = Duration::from_secs(30);
/// How many kinds are suggested.
const SUGGESTED: usize = 200;

/// How long a page of tasks waits for them.
const SUGGESTED_WITHIN: Duration = Duration::from_millis(200);
/// The word for an order in addresses.
const NEWEST: &str = "newest";

/// The tasks that were found, and where the next page begins.
struct Found {
    tasks: Vec<Task>,
    looked: u64,
    next: Option<Cursor>,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    if let Some(id) = visit.query.get("id") {
        let id: Uuid = id.trim().parse().map_err(|_| Refusal::bad("this is no id of a task"))?;
        return Ok(visit.see(&format!("/tasks/{id}"), []));
    }
    let which = read(&visit, &visit.query)?;
    let after = visit.query.get("after").map(str::parse).transpose();
    let after: Option<Cursor> = after.map_err(|error| Refusal::bad(format!("{error}")))?;
    let found = find(&visit, &which, after).await?;
    let now = visit.server.now().await?;
    let look = visit.server.look_within(COUNTED_FOR).await?;
    let counts = tabs::Counts::of(&visit, &which, &look.overview).await?;
    // Without them, nothing is suggested.
    let kinds = tokio::time::timeout(SUGGESTED_WITHIN, visit.server.kinds(COUNTED_FOR)).await;
    let kinds = kinds.ok().and_then(Result::ok);
    let rest = html! {
        (tabs::tabs(&visit, &which, &counts))
        (search(&visit, &which, &look, kinds.as_deref()))
        (list(&visit, &which, &found, now))
        (more(&visit, &which, &found, after.is_some()))
    };
    Ok(shell::page(&visit, Page { title: "Tasks", path: "/tasks", rest: Some(rest), ..Page::default() }))
}

/// The filter in an address or a form, if this viewer may ask by it.
pub(crate) fn read(visit: &Visit, pairs: &Pairs) -> Result<Which, Refusal> {
    let which = Which::read(pairs)?;
    if which.is_by_payload() && visit.server.settings.redact.is_some() && !visit.may_act() {
        return Err(Refusal::forbidden("payloads are redacted, so you may not search by them"));
    }
    Ok(which)
}

/// Looks on while nothing matches enough, at some 100,000 tasks at most.
async fn find(visit: &Visit, which: &Which, after: Option<Cursor>) -> Result<Found, Refusal> {
    let filter = which.filter();
    let newest_first = is_newest_first(visit);
    let mut request = PageRequest { after, newest_first, ..PageRequest::new(&filter) };
    let mut found = Found { tasks: Vec::new(), looked: 0, next: None };
    loop {
        request.limit = LIMIT - found.tasks.len() as u32;
        let page = visit.server.looks(visit.server.admin.page(&request)).await??;
        found.tasks.extend(page.tasks);
        found.looked += page.looked;
        found.next = page.next;
        request.after = page.next;
        let is_over = found.tasks.len() >= LIMIT as usize || found.looked >= Matching::MAX_LOOKED;
        if is_over || page.next.is_none() {
            return Ok(found);
        }
    }
}

/// Whether the tasks come by their ids, and not as their state suggests.
fn is_newest_first(visit: &Visit) -> bool {
    visit.query.get("order") == Some(NEWEST)
}

/// The field of an address with the same order.
fn same(visit: &Visit) -> Option<(&'static str, &'static str)> {
    is_newest_first(visit).then_some(("order", NEWEST))
}

fn search(visit: &Visit, which: &Which, look: &Look, kinds: Option<&Kinds>) -> Markup {
    let text = |name: &'static str, title: &str, hint: &str| {
        let list = [("task_type", "types"), ("kind", "kinds")].into_iter().find(|(of, _)| *of == name);
        let list = list.map(|(_, list)| list);
        html! { label { (title) input type="text" name=(name) list=[list] value=[which.get(name)] placeholder=[(!hint.is_empty()).then_some(hint)]; } }
    };
    let more = ["tag", "priority", "older_than", "newer_than", "payload_json"];
    let has_more = more.iter().any(|name| which.get(name).is_some());
    let priority = which.get("priority").unwrap_or_default();
    html! {
        form.filter method="get" action=(visit.base.to("/tasks")) role="search" {
            label { "State"
                select name="state" {
                    option value="" { "any" }
                    // The last word is another one for a state before it, in old links.
                    @for (word, state) in STATES.iter().take(6) {
                        option value=(word) selected[which.state == Some(*state)] { (word) }
                    }
                }
            }
            label { "Order"
                select name="order" {
                    option value="" { "next, or last ended" }
                    option value=(NEWEST) selected[is_newest_first(visit)] { "newest first" }
                }
            }
            (text("kind", "Kind", ""))
            (text("task_type", "Task type", ""))
            datalist #types { @for of in &look.types { option value=(of.task_type) {} } }
            datalist #kinds { @for name in kinds.iter().flat_map(|kinds| kinds.all.keys()).take(SUGGESTED) { option value=(name) {} } }
            (text("error", "Error contains", ""))
            (text("payload", "Payload has", "user.id=7"))
            button.main { "Search" } " "
            a href=(visit.base.to("/tasks")) { "Clear" }
            details open[has_more] {
                summary { "More" }
                (text("tag", "Tag", ""))
                label { "Priority"
                    select name="priority" {
                        option value="" { "any" }
                        @for (word, _) in PRIORITIES { option selected[*word == priority] { (word) } }
                    }
                }
                (text("older_than", "Older than", "1h"))
                (text("newer_than", "Newer than", "1d"))
                (text("payload_json", "Payload contains JSON", r#"{"user":{"id":7}}"#))
            }
        }
        form.filter.by-id method="get" action=(visit.base.to("/tasks")) {
            label { "Id" input type="text" name="id" required size="38"; }
            button { "Go to the task" } " "
            @if visit.may_act() { a.button href=(visit.base.to("/insert")) { "Insert a task…" } }
        }
    }
}

fn list(visit: &Visit, which: &Which, found: &Found, now: DateTime<Utc>) -> Markup {
    let is_empty = found.tasks.is_empty();
    html! {
        form method="get" action=(visit.base.to("/change")) {
            @for (name, value) in which.pairs() { input type="hidden" name=(name) value=(value); }
            @if visit.may_act() && !(is_empty && found.next.is_none()) { (actions()) }
            div.wide tabindex="0" role="region" aria-label="Tasks" {
                table {
                    thead { tr {
                        @if visit.may_act() { th scope="col" { input #all type="checkbox" aria-label="Select all on this page" hidden; } }
                        @for title in ["Kind", "State", "Task type", "Due", "Inserted", "Retries", "Error"] { th scope="col" { (title) } }
                    } }
                    tbody {
                        @for task in &found.tasks { (row(visit, task, now)) }
                        @if is_empty { tr { td.faint colspan="8" { "No task matches." } } }
                    }
                }
            }
        }
    }
}

fn actions() -> Markup {
    html! {
        fieldset.actions {
            legend { "Change" }
            label { input type="radio" name="scope" value="selected" checked; " the selected" }
            label { input type="radio" name="scope" value="all"; " all that match" }
            span {
                button name="do" value="retry" { "Retry…" } " "
                button name="do" value="cancel" { "Cancel…" } " "
                button name="do" value="reschedule" { "Reschedule…" } " "
                button name="do" value="priority" { "Priority…" } " "
                button.danger name="do" value="remove" { "Remove…" }
            }
        }
    }
}

fn row(visit: &Visit, task: &Task, now: DateTime<Utc>) -> Markup {
    let kind = show::shortened(task.kind().unwrap_or("?"), 60);
    html! {
        tr {
            @if visit.may_act() {
                td { input type="checkbox" name="id" value=(task.id) aria-label={ "Select " (kind) " " (task.id) }; }
            }
            th scope="row" {
                a href=(visit.base.to(&format!("/tasks/{}", task.id))) { bdi { (kind) } }
                div.faint.id { (task.id) }
            }
            td { (show::state(task.state)) }
            td { bdi { (show::visible(&task.task_type)) } }
            td { (show::ago(task.scheduled_at, now)) }
            td { (show::ago(task.created_at, now)) }
            td.n { (task.retries) }
            td.error { bdi { (show::shortened(task.error_message.as_deref().unwrap_or_default(), 80)) } }
        }
    }
}

fn more(visit: &Visit, which: &Which, found: &Found, is_later: bool) -> Markup {
    html! {
        p.pages {
            span.faint { "Looked at " (show::tasks(found.looked)) "." } " "
            @if is_later { a href=(visit.base.with("/tasks", which.pairs().chain(same(visit)))) { "First page" } " " }
            @if let Some(next) = found.next {
                @let next = next.to_string();
                a rel="next" href=(visit.base.with("/tasks", which.pairs().chain(same(visit)).chain([("after", next.as_str())]))) { "Next page" }
            }
        }
    }
}
