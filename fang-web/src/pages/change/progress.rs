//! `/changes`: the changes of many tasks, and how far they have come.

use crate::bulk::{BulkChange, End, State};
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::extract::Path;
use axum::response::Response;
use fang_core::operator::span;
use maud::{Markup, html};

pub(crate) async fn list(visit: Visit) -> Result<Response, Refusal> {
    let now = visit.server.now().await?;
    let rest = html! {
        p.faint { "Changes of many tasks that this process has made since it began. They end with it, and may be begun again." }
        div.wide tabindex="0" role="region" aria-label="Changes" {
            table {
                thead { tr { @for title in ["Number", "Change", "Tasks", "By", "Began", "State", "Done", "Changed"] { th scope="col" { (title) } } } }
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
                            td.n { (change.percent(&state)) " %" }
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
    let left = state.progress.matched.saturating_sub(state.progress.changed);
    html! {
        p { (badge(&state)) " " bdi.faint { (show::shortened(&change.target, 300)) } }
        (bar(change, &state))
        (line(change, &state))
        @if let Some(trouble) = &state.trouble {
            p.bad-box role="status" { (show::visible(trouble)) "; tried again each second" }
        }
        @if let Some(End::Failed(reason)) = &state.end {
            p.bad-box role="alert" { (show::visible(reason)) "; what was changed before stays so, and the change may be begun again" }
        }
        @if left > 0 { p { (show::tasks(left)) " left alone: locked, just changed, or with a duplicate." } }
        (changed_since(change, &state))
        p.faint { "Begun by " bdi { (show::visible(&change.who)) } " " (show::ago(change.began_at, visit.server.clock.now())) "." }
        @if state.end.is_none() && visit.may_act() {
            form method="post" action=(visit.base.to(&format!("/changes/{}/stop", change.number))) { button.danger { "Stop" } }
        }
        p { a href=(visit.base.to("/tasks")) { "Tasks" } }
    }
}

/// The share that is done. Where it is not known how many match, it is that of the ids which were looked through.
fn bar(change: &BulkChange, state: &State) -> Markup {
    let percent = change.percent(state);
    html! {
        p.share {
            progress aria-label="Progress" max="100" value=(percent) {}
            " " strong { (percent) " %" }
            @if change.total().is_none() && state.end.is_none() { " " span.faint { "looked through" } }
        }
    }
}

fn line(change: &BulkChange, state: &State) -> Markup {
    let State { progress, took, .. } = state;
    let rate = progress.changed as f64 / took.as_secs_f64().max(1e-3);
    html! {
        p {
            strong.big { (show::number(progress.changed)) } " "
            @if let Some(of) = change.total() { "of " (show::tasks(of)) " " } @else { "tasks " }
            (change.steer.done) " in " (span::short(*took))
            @if state.end.is_none() { ", " (show::rate(rate)) " a second" }
            "."
            @if change.total().is_none() { " Looked at " (show::tasks(progress.looked)) " so far." }
        }
    }
}

/// At the end, the counted tasks that no longer matched.
fn changed_since(change: &BulkChange, state: &State) -> Markup {
    let total = change.total().filter(|_| state.end == Some(End::Done));
    let gone = total.map_or(0, |total| total.saturating_sub(state.progress.matched));
    html! { @if gone > 0 { p { (show::tasks(gone)) " had changed since the count, and were left alone." } } }
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
