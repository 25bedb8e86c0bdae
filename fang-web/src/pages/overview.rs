//! `/`: what waits, runs and fails, and how fast.

use crate::chart::charts;
use crate::history::{History, Window};
use crate::look::Look;
use crate::pages::errors;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::span;
use maud::{Markup, html};

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let live = live(&visit).await?;
    let mut pairs = vec![("page", "overview")];
    pairs.extend(["window", "type"].iter().filter_map(|name| Some((*name, visit.query.get(name)?))));
    let stream = Some(visit.base.with("/live", pairs));
    Ok(shell::page(
        &visit,
        Page { title: "Overview", path: "/", stream, live: Some(live), ..Page::default() },
    ))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let look = visit.server.look().await?;
    let wanted = Window::read(visit.query.get("window"));
    let history = visit.server.history(wanted, look.types.len()).await?;
    let task_type = visit.query.get("type");
    let errors = errors::largest(visit).await?;
    Ok(html! {
        (numbers(visit, &look))
        h2 { "Runs " @match task_type { Some(name) => { "of " bdi { (show::visible(name)) } }, None => { "of all types" } } }
        (windows(visit, task_type, history.window))
        @if wanted != history.window {
            p.faint { "There are too many task types for a longer history." }
        }
        (charts(&history, task_type))
        (rates(visit, &history))
        (errors)
    })
}

fn numbers(visit: &Visit, look: &Look) -> Markup {
    let of = &look.overview;
    let (busy, all) = look
        .alive()
        .fold((0_u64, 0_u64), |(busy, all), one| (busy + u64::from(one.busy), all + u64::from(one.workers)));
    let pools = look.alive().count();
    let state = |word| visit.base.with("/tasks", [("state", word)]);
    let oldest = of.oldest_due.map(|oldest| format!("the oldest for {}", span::short(oldest)));
    html! {
        div.numbers {
            (figure(&visit.base.to("/types"), "Due", &show::matching(&of.due), &oldest.unwrap_or_default(), ""))
            (figure(&state("waiting"), "Waiting", &show::matching(&of.waiting), "now or later", ""))
            (figure(&visit.base.to("/running"), "Running", &show::matching(&of.running), "at the last beats", ""))
            (figure(&state("failed"), "Failed", &show::matching(&of.failed), "kept for you to look at",
                if of.failed.tasks > 0 { "bad" } else { "" }))
            (figure(&visit.base.to("/workers"), "Busy workers", &format!("{} of {}", show::number(busy), show::number(all)),
                &if pools == 1 { "in 1 pool".to_owned() } else { format!("in {pools} pools") }, ""))
        }
    }
}

fn figure(href: &str, name: &str, value: &str, more: &str, class: &str) -> Markup {
    html! { a.number href=(href) { span.faint { (name) } strong class=(class) { (value) } span.faint { (more) } } }
}

fn windows(visit: &Visit, task_type: Option<&str>, window: Window) -> Markup {
    let to = |window: Window| {
        let pairs = [("window", window.word())].into_iter().chain(task_type.map(|name| ("type", name)));
        visit.base.with("/", pairs)
    };
    html! {
        p.choices {
            @for one in Window::ALL {
                a href=(to(one)) aria-current=[(one == window).then_some("true")] { (one.word()) } " "
            }
            @if task_type.is_some() { a href=(visit.base.with("/", [("window", window.word())])) { "all types" } }
        }
    }
}

fn rates(visit: &Visit, history: &History) -> Markup {
    let to = |name| visit.base.with("/", [("window", history.window.word()), ("type", name)]);
    html! {
        div.wide tabindex="0" role="region" aria-label="Rates" {
            table {
                caption { "Runs a second since " (show::utc(history.from)) ", by task type" }
                thead { tr {
                    th scope="col" { "Task type" }
                    @for title in ["Started", "Finished", "Retried", "Failed", "p50", "p95", "p99"] { th.n scope="col" { (title) } }
                } }
                tbody {
                    @for rate in &history.rates {
                        tr {
                            th scope="row" { a href=(to(&rate.task_type)) { bdi { (show::visible(&rate.task_type)) } } }
                            @for value in [rate.started, rate.finished, rate.retried, rate.failed] { td.n { (show::rate(value)) } }
                            @for span in [rate.p50, rate.p95, rate.p99] { td.n { (show::precise(span)) } }
                        }
                    }
                    @if history.rates.is_empty() { tr { td.faint colspan="8" { "Nothing ran." } } }
                }
            }
        }
    }
}
