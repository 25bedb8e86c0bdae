//! `/kinds`: how the tasks of each kind run, what the newest ones are, and how many have failed.

use crate::kinds::{Kind, Kinds};
use crate::refusal::Refusal;
use crate::runs::runs;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::store::By;
use maud::{Markup, html};
use std::time::Duration;

/// How long the kinds are told again.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// How many kinds the page has.
const MOST: usize = 1_000;
/// How many task types a row names.
const NAMED: usize = 10;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (kinds, now) = (visit.server.kinds(FRESH_FOR).await?, visit.server.now().await?);
    let live = live(&visit).await?;
    let mut pairs = vec![("page", "kinds")];
    pairs.extend(["window", "kind"].iter().filter_map(|name| Some((*name, visit.query.get(name)?))));
    let stream = Some(visit.base.with("/live", pairs));
    let rest = html! {
        h2 { "Tasks by kind" }
        (table(&visit, &kinds, now))
        p.faint { (reach(&kinds)) }
        @if kinds.all.len() > MOST { p.faint { "Only the first " (MOST) " of " (kinds.all.len()) " kinds are shown." } }
    };
    let page = Page { title: "Kinds", path: "/kinds", ..Page::default() };
    Ok(shell::page(&visit, Page { stream, live: Some(live), rest: Some(rest), ..page }))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let look = visit.server.look().await?;
    runs(visit, By::Kind, &look).await
}

/// How far the look went.
fn reach(kinds: &Kinds) -> String {
    let newest = match kinds.has_older {
        true => format!("the newest {}", show::tasks(kinds.looked)),
        false => "all tasks".to_owned(),
    };
    let failed = match (kinds.has_failed_before, kinds.failed) {
        (true, 0) => "none".to_owned(),
        (true, failed) => format!("those of the {} that failed last", show::tasks(failed)),
        (false, _) => "all".to_owned(),
    };
    let missing =
        if kinds.has_older { " A kind that none of these and no cron has is not in the list." } else { "" };
    format!("Counted among {newest}; of the failed ones, {failed}.{missing}")
}

fn table(visit: &Visit, kinds: &Kinds, now: DateTime<Utc>) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Kinds" {
            table {
                thead { tr {
                    @for title in ["Kind", "Task types"] { th scope="col" { (title) } }
                    @for title in ["Waiting", "Running", "Finished", "Failed", "Crons"] { th.n scope="col" { (title) } }
                    th scope="col" { "Last inserted" }
                } }
                tbody {
                    @for (name, kind) in kinds.all.iter().take(MOST) { (row(visit, name, kind, now)) }
                    @if kinds.all.is_empty() { tr { td.faint colspan="8" { "There are no tasks." } } }
                }
            }
        }
    }
}

fn row(visit: &Visit, name: &str, kind: &Kind, now: DateTime<Utc>) -> Markup {
    let to = |state: &'static str| {
        let state = Some(("state", state)).filter(|(_, state)| !state.is_empty());
        visit.base.with("/tasks", [("kind", name)].into_iter().chain(state))
    };
    let count =
        |state, tasks: u64| html! { td.n { @if tasks > 0 { a href=(to(state)) { (show::number(tasks)) } } } };
    html! {
        tr {
            th scope="row" { a href=(to("")) { bdi { (show::shortened(name, 80)) } } }
            td { bdi { (types(kind)) } }
            (count("waiting", kind.waiting))
            (count("running", kind.running))
            (count("finished", kind.finished))
            (count("failed", kind.failed))
            td.n { @if kind.crons > 0 { a href=(visit.base.to("/crons")) { (kind.crons) } } }
            td { @if let Some(at) = kind.inserted_at { (show::ago(at, now)) } }
        }
    }
}

fn types(kind: &Kind) -> String {
    let mut named: Vec<_> = kind.task_types.iter().take(NAMED).map(|name| show::visible(name)).collect();
    named.extend(
        (kind.task_types.len() > NAMED).then(|| format!("and {} more", kind.task_types.len() - NAMED)),
    );
    named.join(", ")
}
