//! `/change`: what becomes of chosen tasks. The count comes first, then the change.

pub(crate) mod progress;

use crate::bulk::{Chosen, Wish};
use crate::pages::tasks;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use crate::which::Which;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::operator::{PRIORITIES, Steer, named, span};
use fang_core::store::{Change, Filter, Matching};
use maud::{Markup, html};
use uuid::Uuid;

/// At most so many tasks are changed by their ids.
const MOST_IDS: usize = 1_000;

/// The tasks that a viewer chose.
enum Choice {
    /// Those that match.
    All(Box<Which>, Vec<Filter>),
    /// Those with these ids.
    Ids(Vec<Uuid>),
    /// The task of a page.
    One(Uuid),
}

/// Shows how many tasks would be changed, and asks.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Refusal> {
    let verb = visit.query.need("do")?;
    let steer = Steer::new(change(verb, None)?);
    let choice = chosen(&visit, &visit.query, &steer)?;
    let count = count(&visit, &choice).await?;
    let title = format!("{} tasks?", capital(steer.verb));
    let rest = html! {
        p { (would_be(count, steer.done)) }
        p.faint { bdi { (show::visible(&choice.text())) } }
        @if visit.may_act() && (count.tasks > 0 || count.is_cut) { (form(&visit, &steer, &choice, count)) }
        p { a href=(visit.base.to("/tasks")) { "Back to the tasks" } }
    };
    Ok(shell::page(&visit, Page { title: &title, path: "/tasks", rest: Some(rest), ..Page::default() }))
}

/// The question. It sends the tasks that were counted, and nothing else of the address.
fn form(visit: &Visit, steer: &Steer, choice: &Choice, count: Matching) -> Markup {
    let class = if steer.change == Change::Remove { "danger" } else { "main" };
    html! {
        p.faint { "Left alone are tasks that have changed by then: " (steer.rule) "." }
        form.filter method="post" action=(visit.base.to("/change")) {
            @for (name, value) in choice.fields() {
                input type="hidden" name=(name) value=(value);
            }
            @match steer.change {
                Change::Reschedule(_) => {
                    label { "From now" input type="text" name="delay" placeholder="90s, 5m or 1d"; }
                    label { "Or at an instant" input type="text" name="at" placeholder="2027-01-31T09:00:00Z"; }
                }
                Change::Priority(_) => {
                    label { "Priority" select name="priority" { @for (word, _) in PRIORITIES { option { (word) } } } }
                }
                _ => {}
            }
            button class=(class) name="do" value=(steer.verb) {
                (capital(steer.verb)) " "
                @if count.is_cut { "all that match" } @else { (show::tasks(count.tasks)) }
            }
        }
    }
}

/// Begins the change, or makes it at once if it is for the task of a page.
pub(crate) async fn begin(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let steer = Steer::new(change(form.need("do")?, Some(&form))?);
    let choice = chosen(&visit, &form, &steer)?;
    if let Choice::One(id) = choice {
        return one(&visit, &steer, id).await;
    }
    let expected = count(&visit, &choice).await?;
    let (verb, target, who) = (steer.verb, choice.told(), visit.viewer.name.clone());
    let chosen = match choice {
        Choice::All(_, filters) => Chosen::Filters(filters),
        Choice::Ids(ids) => Chosen::Ids(ids),
        Choice::One(id) => Chosen::Ids(vec![id]),
    };
    let wish = Wish { steer, chosen, target: target.clone(), who, expected };
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

/// The change of this name. Without a form it is any of its sort, for its words.
fn change(verb: &str, form: Option<&Pairs>) -> Result<Change, Refusal> {
    let given = |name| form.and_then(|form| form.get(name));
    match verb {
        "retry" => Ok(Change::Retry),
        "cancel" => Ok(Change::Cancel),
        "remove" => Ok(Change::Remove),
        "reschedule" => due(given("delay"), given("at"), form.is_some()).map(Change::Reschedule),
        "priority" => {
            let priority = named(PRIORITIES, given("priority").unwrap_or("normal"));
            priority.map(Change::Priority).ok_or_else(|| Refusal::bad("there is no such priority"))
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

fn chosen(visit: &Visit, pairs: &Pairs, steer: &Steer) -> Result<Choice, Refusal> {
    if pairs.get("scope") == Some("all") {
        let which = tasks::read(visit, pairs)?;
        let unfit = || Refusal::bad(format!("no task in this state can be {}: {}", steer.done, steer.rule));
        let states = steer.states(which.state).ok_or_else(unfit)?;
        let filters: Vec<Filter> = states.into_iter().map(|state| which.filter_in(state)).collect();
        return Ok(Choice::All(Box::new(which), filters));
    }
    let ids: Result<Vec<Uuid>, _> = pairs.all("id").map(str::parse).collect();
    let mut ids = ids.map_err(|_| Refusal::bad("this is no id of a task"))?;
    ids.sort_unstable();
    ids.dedup();
    match ids[..] {
        [] => Err(Refusal::bad("no task is selected")),
        [id] if pairs.get("scope") == Some("one") => Ok(Choice::One(id)),
        _ if ids.len() > MOST_IDS => Err(Refusal::bad("too many tasks are selected; use a filter")),
        _ => Ok(Choice::Ids(ids)),
    }
}

impl Choice {
    fn ids(&self) -> &[Uuid] {
        match self {
            Self::All(..) => &[],
            Self::Ids(ids) => ids,
            Self::One(id) => std::slice::from_ref(id),
        }
    }

    /// A line that tells which tasks these are.
    fn text(&self) -> String {
        match self {
            Self::All(which, _) => which.text(),
            _ => self.ids().iter().map(Uuid::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// The same without anything of a payload, for the log and for those who may not see payloads.
    fn told(&self) -> String {
        if let Self::All(which, _) = self { which.told() } else { self.text() }
    }

    /// The fields of a form that chooses the same tasks.
    fn fields(&self) -> Vec<(&str, String)> {
        let ids = self.ids().iter().map(|id| ("id", id.to_string()));
        match self {
            Self::All(which, _) => {
                let conditions = which.pairs().map(|(name, value)| (name, value.to_owned()));
                conditions.chain([("scope", "all".to_owned())]).collect()
            }
            Self::Ids(_) => ids.collect(),
            Self::One(_) => ids.chain([("scope", "one".to_owned())]).collect(),
        }
    }
}

async fn count(visit: &Visit, choice: &Choice) -> Result<Matching, Refusal> {
    let Choice::All(_, filters) = choice else {
        return Ok(Matching { tasks: choice.ids().len() as u64, ..Matching::default() });
    };
    let mut sum = Matching::default();
    for filter in filters {
        let part = visit.server.looks(visit.server.admin.count_matching(filter)).await??;
        sum.tasks += part.tasks;
        sum.looked += part.looked;
        sum.is_cut |= part.is_cut;
    }
    Ok(sum)
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
