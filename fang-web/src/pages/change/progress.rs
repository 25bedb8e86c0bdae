//! `/changes`: the changes of many tasks, and how far they have come.

use crate::bulk::{BulkChange, End, State};
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::extract::Path;
use axum::response::Response;
use chrono::Utc;
use fang_core::operator::span;
use maud::{Markup, html};

pub(crate) async fn list(visit: Visit) -> Result<Response, Refusal> {
    let now = Utc::now();
    let rest = html! {
        p.faint { "Changes of many tasks that this process has made since it began. They end with it, and may be begun again." }
        div.wide tabindex="0" role="region" aria-label="Changes" {
            table {
                thead { tr { @for title in ["Number", "Change", "Tasks", "By", "Began", "State", "Changed"] { th scope="col" { (title) } } } }
                tbody {
                    @for change in visit.server.bulk.all() {
                        @let state = change.state();
                        tr {
                            th scope="row" { a href=(visit.base.to(&format!("/changes/{}", change.number))) { (change.number) } }
                            td { (change.steer.verb) }
                            td { bdi { (show::shortened(&change.target, 80)) } }
                            td { bdi { (show::visible(&change.who)) } }
                            td { (show::ago(change.began_at, now)) }
                            td { (badge(&state)) }
                            td.n { (show::number(state.progress.changed)) }
                        }
                    }
                }
            }
        }
    };
    Ok(shell::page(&visit, Page { title: "Changes", path: "/changes", rest: Some(rest), ..Page::default() }))
}

pub(crate) async fn show(visit: Visit, Path(number): Path<String>) -> Result<Response, Refusal> {
    let change = visit.server.bulk.get(&number)?;
    let (live, reloads) = (part(&visit, &change), change.state().end.is_none());
    let stream = visit.base.with("/live", [("page", "change"), ("number", number.as_str())]);
    let title = format!("Change {}: {}", change.number, change.steer.verb);
    let page = Page { title: &title, path: "/changes", reloads, ..Page::default() };
    Ok(shell::page(&visit, Page { stream: reloads.then_some(stream), live: Some(live), ..page }))
}

pub(crate) async fn stop(visit: Visit, Path(number): Path<String>) -> Result<Response, Refusal> {
    let change = visit.server.bulk.get(&number)?;
    change.stop();
    visit.tell("stop change", number.as_str());
    Ok(visit.see(&format!("/changes/{number}"), [("told", "stopping")]))
}

pub(crate) fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let change = visit.server.bulk.get(visit.query.need("number")?)?;
    Ok(part(visit, &change))
}

fn part(visit: &Visit, change: &BulkChange) -> Markup {
    let state = change.state();
    let State { progress, took, end } = &state;
    let left = progress.matched.saturating_sub(progress.changed);
    let rate = progress.changed as f64 / took.as_secs_f64().max(1e-3);
    let of = (!change.expected.is_cut).then_some(change.expected.tasks);
    html! {
        p { (badge(&state)) " " bdi.faint { (show::shortened(&change.target, 300)) } }
        p {
            strong.big { (show::number(progress.changed)) } " "
            @if let Some(of) = of { "of " (show::tasks(of)) " " } @else { "tasks " }
            (change.steer.done) " in " (span::short(*took))
            @if end.is_none() { ", " (show::rate(rate)) " a second" }
            "."
            @if of.is_none() { " Looked at " (show::tasks(progress.looked)) " so far." }
        }
        @match (end, of) {
            (None, Some(of)) => { progress aria-label="Progress" max=(of.max(1)) value=(progress.matched.min(of)) {} }
            (None, None) => { progress aria-label="Progress" {} }
            (Some(End::Failed(reason)), _) => {
                p.bad-box role="alert" { (show::visible(reason)) "; what was changed before stays so, and the change may be begun again" }
            }
            _ => {}
        }
        @if left > 0 { p { (show::tasks(left)) " left alone: locked, just changed, or with a duplicate." } }
        p.faint { "Begun by " bdi { (show::visible(&change.who)) } " " (show::ago(change.began_at, Utc::now())) "." }
        @if end.is_none() && visit.may_act() {
            form method="post" action=(visit.base.to(&format!("/changes/{}/stop", change.number))) { button.danger { "Stop" } }
        }
        p { a href=(visit.base.to("/tasks")) { "Tasks" } }
    }
}

fn badge(state: &State) -> Markup {
    let (class, word) = match &state.end {
        None => ("runs", "running"),
        Some(End::Done) => ("good", "done"),
        Some(End::Stopped) => ("waits", "stopped"),
        Some(End::Failed(_)) => ("bad", "failed"),
    };
    html! { span class={ "badge " (class) } { (word) } }
}
