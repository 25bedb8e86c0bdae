//! `/errors`: the errors of the tasks that failed last, in groups.

use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::store::ErrorGroup;
use maud::{Markup, html};
use std::time::Duration;

/// How long the groups are told again.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// The same on the overview, which is open for longer.
const FRESH_FOR_OVERVIEW: Duration = Duration::from_secs(30);
/// How many groups the overview has.
const ON_OVERVIEW: usize = 5;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (live, stream) = (live(&visit).await?, visit.base.with("/live", [("page", "errors")]));
    let page = Page { title: "Errors", path: "/errors", ..Page::default() };
    Ok(shell::page(&visit, Page { stream: Some(stream), live: Some(live), ..page }))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let found = visit.server.errors(FRESH_FOR).await?;
    let now = visit.server.now().await?;
    Ok(html! {
        (table(visit, &found.groups, now))
        @if !found.is_all { p.faint { "Of the " (show::tasks(found.looked)) " that failed last." } }
    })
}

/// The largest groups, for the overview. Nothing if no task has failed.
pub(crate) async fn largest(visit: &Visit) -> Result<Markup, Refusal> {
    let found = visit.server.errors(FRESH_FOR_OVERVIEW).await?;
    let now = visit.server.now().await?;
    let most = found.groups.len().min(ON_OVERVIEW);
    Ok(html! {
        @if most > 0 {
            h2 { "Errors " a.more href=(visit.base.to("/errors")) { "all" } }
            (table(visit, &found.groups[..most], now))
        }
    })
}

fn table(visit: &Visit, groups: &[ErrorGroup], now: DateTime<Utc>) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Errors" {
            table {
                thead { tr {
                    th.n scope="col" { "Tasks" }
                    @for title in ["Kind", "Error", "Task types", "First", "Last", ""] { th scope="col" { (title) } }
                } }
                tbody {
                    @for group in groups { (row(visit, group, now)) }
                    @if groups.is_empty() { tr { td.faint colspan="7" { "No task has failed." } } }
                }
            }
        }
    }
}

fn row(visit: &Visit, group: &ErrorGroup, now: DateTime<Utc>) -> Markup {
    let part = literal(&group.error);
    let mut pairs = vec![("state", "failed"), ("kind", group.kind.as_str()), ("error", part)];
    pairs.retain(|(_, value)| !value.is_empty());
    let types = group.task_types.iter().map(|name| show::visible(name)).collect::<Vec<_>>().join(", ");
    html! {
        tr {
            td.n { (show::number(group.tasks)) }
            th scope="row" { bdi { (show::visible(&group.kind)) } }
            td.error { a href=(visit.base.with("/tasks", pairs)) { bdi { (show::visible(&group.error)) } } }
            td { bdi { (types) } }
            td { (show::ago(group.first_at, now)) }
            td { (show::ago(group.last_at, now)) }
            td { a href=(visit.base.to(&format!("/tasks/{}", group.example))) { "example" } }
        }
    }
}

/// The longest part of a text that stands so in all errors of its group: without what was put for numbers and ids.
fn literal(error: &str) -> &str {
    let parts = error.split("<uuid>").flat_map(|part| part.split('#'));
    parts.map(str::trim).max_by_key(|part| part.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_group_is_searched_by_what_its_errors_have_in_common() {
        assert_eq!(literal("no row # in <uuid>: connection refused"), ": connection refused");
        assert_eq!((literal("###"), literal("plain")), ("", "plain"));
    }
}
