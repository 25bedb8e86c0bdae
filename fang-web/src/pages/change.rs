//! `/change`: what becomes of chosen tasks. The count comes first, then the change.

mod choice;
pub(crate) mod progress;

use crate::bulk::{Chosen, Wish};
use crate::form::{Errors, Form};
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use choice::{Choice, chosen, count};
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::operator::{PRIORITIES, Steer, named, span};
use fang_core::store::{Change, Matching};
use maud::{Markup, html};
use uuid::Uuid;

/// Shows how many tasks would be changed, and asks.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Refusal> {
    let verb = visit.query.need("do")?;
    let steer = Steer::new(change(verb, None)?);
    // What is inserted or changes between the question and its answer is left alone.
    let choice = chosen(&visit, &visit.query, &steer, visit.server.exact_now().await?)?;
    let count = count(&visit, &choice, steer.change).await?;
    let title = format!("{} tasks?", capital(steer.verb));
    let (given, is_any) = (Pairs::default(), count.tasks > 0 || count.is_cut);
    let rest = html! {
        p { (would_be(count, steer.done)) }
        p.faint { bdi { (show::visible(&choice.text())) } }
        @if visit.may_act() && is_any { (form(&visit, &steer, &choice, &Form::fresh(&given), Some(count))) }
        p { a href=(visit.base.to("/tasks")) { "Back to the tasks" } }
    };
    Ok(shell::page(&visit, Page { title: &title, path: "/tasks", rest: Some(rest), ..Page::default() }))
}

/// The question again, with what was written and why nothing was changed. What cannot be asked is refused.
fn again(visit: &Visit, given: &Pairs, refusal: Refusal) -> Result<Response, Refusal> {
    let asked = || {
        let steer = Steer::new(change(given.get("do")?, None).ok()?);
        let at = as_of(given, visit.server.clock.now()).ok()?;
        let choice = chosen(visit, given, &steer, at).ok()?;
        Some((steer, choice))
    };
    let Some((steer, choice)) = asked() else { return Err(refusal) };
    let mut errors = Errors::default();
    errors.refuse(refusal);
    let fields = Form::sent(given, &errors);
    let rest = html! {
        (fields.trouble())
        p.faint { bdi { (show::visible(&choice.text())) } }
        (form(visit, &steer, &choice, &fields, None))
        p { a href=(visit.base.to("/tasks")) { "Back to the tasks" } }
    };
    let title = format!("{} tasks?", capital(steer.verb));
    let page = Page { title: &title, path: "/tasks", rest: Some(rest), ..Page::default() };
    Ok(errors.answer(shell::page(visit, page)))
}

/// The question. It sends the tasks that were counted, and nothing else of the address.
fn form(visit: &Visit, steer: &Steer, choice: &Choice, fields: &Form<'_>, count: Option<Matching>) -> Markup {
    let class = if steer.change == Change::Remove { "danger" } else { "main" };
    html! {
        p.faint { "Tasks that are inserted, or change, from now on are left alone; " (steer.rule) "." }
        form.filter method="post" action=(visit.base.to("/change")) {
            @for (name, value) in choice.fields() {
                input type="hidden" name=(name) value=(value);
            }
            @match steer.change {
                Change::Reschedule(_) => {
                    (fields.text("delay", "From now", "90s, 5m or 1d", "", false))
                    (fields.text("at", "Or at an instant", "2027-01-31T09:00:00Z", "", false))
                }
                Change::Priority(_) => {
                    (fields.choice("to", "Priority", PRIORITIES, ""))
                }
                _ => {}
            }
            button class=(class) name="do" value=(steer.verb) {
                (capital(steer.verb)) " "
                @match (count, choice) {
                    (Some(count), _) if !count.is_cut => { (show::tasks(count.tasks)) }
                    (_, Choice::All { .. }) => { "all that match" }
                    _ => { "all that were selected" }
                }
            }
        }
    }
}

/// Begins the change, or asks again with what is wrong.
pub(crate) async fn begin(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    match begun(&visit, &form).await {
        Err(refusal) => again(&visit, &form, refusal),
        begun => begun,
    }
}

/// Begins the change, or makes it at once if it is for the task of a page.
async fn begun(visit: &Visit, form: &Pairs) -> Result<Response, Refusal> {
    let steer = Steer::new(change(form.need("do")?, Some(form))?);
    let now = visit.server.exact_now().await?;
    let choice = chosen(visit, form, &steer, as_of(form, now)?)?;
    if let Choice::One(id) = choice {
        return one(visit, &steer, id).await;
    }
    // Selected ones are looked at when they are changed.
    let expected = match &choice {
        Choice::Ids { ids, .. } => Matching { tasks: ids.len() as u64, ..Matching::default() },
        _ => count(visit, &choice, steer.change).await?,
    };
    let (verb, target, who) = (steer.verb, choice.told(), visit.viewer.name.clone());
    let chosen = match choice {
        Choice::All { filters, .. } => Chosen::Filters(filters),
        Choice::Ids { ids, at } => Chosen::Ids(ids, at),
        Choice::One(id) => Chosen::Ids(vec![id], now),
    };
    let wish = Wish { steer, chosen, target: target.clone(), who, expected, at: now };
    let change = visit.server.bulk.begin(visit.server.admin.clone(), wish)?;
    visit.tell(verb, target);
    Ok(visit.see(&format!("/changes/{}", change.number), []))
}

async fn one(visit: &Visit, steer: &Steer, id: Uuid) -> Result<Response, Refusal> {
    let is_changed = visit.server.admin.change_one(id, steer.change).await?;
    visit.tell(steer.verb, id.to_string());
    visit.server.forget();
    let told = match steer.change {
        _ if !is_changed => "unchanged",
        Change::Retry => "retried",
        Change::Cancel => "cancelled",
        Change::Remove => return Ok(visit.see("/tasks", [("told", "removed")])),
        _ => "changed",
    };
    Ok(visit.see(&format!("/tasks/{id}"), [("told", told)]))
}

/// The instant of the question. Programs that asked none mean the tasks of now.
fn as_of(form: &Pairs, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let Some(given) = form.get("as_of") else { return Ok(now) };
    let at: Result<DateTime<Utc>, _> = given.parse();
    Ok(at.map_err(|_| Refusal::bad("as_of is no instant"))?.min(now))
}

/// The change of this name. Without a form it is any of its sort, for its words.
fn change(verb: &str, form: Option<&Pairs>) -> Result<Change, Refusal> {
    let given = |name| form.and_then(|form| form.get(name));
    match verb {
        "retry" => Ok(Change::Retry),
        "cancel" => Ok(Change::Cancel),
        "remove" => Ok(Change::Remove),
        "reschedule" => due(given("delay"), given("at"), form.is_some()).map(Change::Reschedule),
        "priority" => {
            // The field `priority` is a condition of the filter.
            let word = form.map_or(Ok("normal"), |form| form.need("to"))?;
            named(PRIORITIES, word)
                .map(Change::Priority)
                .ok_or_else(|| Refusal::bad("there is no such priority"))
        }
        _ => Err(Refusal::bad("there is no such change")),
    }
}

fn due(delay: Option<&str>, at: Option<&str>, is_needed: bool) -> Result<Due, Refusal> {
    match (delay, at) {
        (Some(delay), None) => span::parse(delay).map(Due::After).map_err(Refusal::bad),
        (None, Some(at)) => {
            let at: Result<DateTime<Utc>, _> = at.parse();
            at.map(Due::At).map_err(|_| Refusal::bad("write an instant such as 2027-01-31T09:00:00Z"))
        }
        (None, None) if !is_needed => Ok(Due::After(std::time::Duration::ZERO)),
        _ => Err(Refusal::bad("give a time from now, such as 5m, or an instant")),
    }
}

/// If the count was cut, there may be more.
fn would_be(count: Matching, done: &str) -> String {
    let tasks = show::tasks(count.tasks);
    match count.is_cut {
        false => format!("{tasks} would be {done}."),
        true => format!(
            "At least {tasks} of the first {} that were looked at would be {done}, and all others that match.",
            show::number(count.looked)
        ),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
