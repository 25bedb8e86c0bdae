//! `/`: what waits, runs and fails, and how fast.

use crate::look::Look;
use crate::pages::errors;
use crate::refusal::Refusal;
use crate::runs::runs;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::operator::span;
use fang_core::store::By;
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
    let (runs, errors) = (runs(visit, By::TaskType, &look).await?, errors::largest(visit).await?);
    Ok(html! {
        (numbers(visit, &look))
        (runs)
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
