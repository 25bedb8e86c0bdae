//! `/types`: the task types, to pause and resume.

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::span;
use fang_core::store::TypeInfo;
use maud::{Markup, html};

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (live, stream) = (live(&visit).await?, visit.base.with("/live", [("page", "types")]));
    let page = Page { title: "Task types", path: "/types", ..Page::default() };
    Ok(shell::page(&visit, Page { stream: Some(stream), live: Some(live), ..page }))
}

pub(crate) async fn act(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let (admin, task_type) = (&visit.server.admin, form.need("task_type")?);
    let (verb, is_changed, told) = match form.need("do")? {
        "pause" => ("pause type", admin.pause(task_type).await?, "paused"),
        "resume" => ("resume type", admin.resume(task_type).await?, "resumed"),
        _ => return Err(Refusal::bad("there is no such action")),
    };
    visit.tell(verb, task_type);
    visit.server.forget();
    Ok(visit.see("/types", [("told", if is_changed { told } else { "already" })]))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let look = visit.server.look().await?;
    Ok(html! {
        div.wide tabindex="0" role="region" aria-label="Task types" {
            table {
                caption { "Rates of the last five minutes, a second, and how long runs took and tasks waited for them" }
                thead { tr {
                    th scope="col" { "Task type" }
                    @for title in ["Due", "Oldest", "Waiting", "Running", "Pools", "Started", "Failed"].into_iter().chain(show::QUANTILES) {
                        th.n scope="col" { (title) }
                    }
                    th scope="col" { "State" }
                } }
                tbody {
                    @for of in &look.types { (row(visit, of)) }
                    @if look.types.is_empty() { tr { td.faint colspan="15" { "There are no tasks, and no pool serves any." } } }
                }
            }
        }
    })
}

fn row(visit: &Visit, of: &TypeInfo) -> Markup {
    let rate = of.rate.as_ref();
    let tasks = visit.base.with("/tasks", [("task_type", of.task_type.as_str()), ("state", "waiting")]);
    html! {
        tr {
            th scope="row" { a href=(tasks) { bdi { (show::visible(&of.task_type)) } } }
            td.n { (show::capped(&of.depth.due)) }
            td.n { @if let Some(oldest) = of.depth.oldest_due { (span::short(oldest)) } }
            td.n { (show::capped(&of.depth.waiting)) }
            td.n { (show::number(of.running)) }
            td.n { (of.served_by.len()) }
            td.n { @if let Some(rate) = rate { (show::rate(rate.started)) } }
            td.n { @if let Some(rate) = rate { (show::rate(rate.retried + rate.failed)) } }
            @for span in rate.map(show::quantiles).unwrap_or_default() { td.n { (show::precise(span)) } }
            td { (pause(visit, of)) }
        }
    }
}

fn pause(visit: &Visit, of: &TypeInfo) -> Markup {
    let (word, name) = if of.paused_at.is_some() { ("resume", "Resume") } else { ("pause", "Pause") };
    html! {
        @if of.paused_at.is_some() { span.badge.waits { "paused" } " " }
        @if visit.may_act() {
            form.inline method="post" action=(visit.base.to("/types")) {
                input type="hidden" name="task_type" value=(of.task_type);
                button name="do" value=(word) aria-label={ (name) " " (show::visible(&of.task_type)) } { (name) }
            }
            @if of.depth.waiting.count > 0 {
                @let pairs = [("do", "cancel"), ("scope", "all"), ("state", "waiting"), ("task_type", of.task_type.as_str())];
                " " a.button href=(visit.base.with("/change", pairs)) aria-label={ "Drain " (show::visible(&of.task_type)) } { "Drain…" }
            }
        }
    }
}
