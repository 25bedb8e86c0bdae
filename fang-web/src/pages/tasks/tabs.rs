//! The states, to look at one after the other with the same conditions.

use super::same;
use crate::refusal::Refusal;
use crate::show;
use crate::visit::Visit;
use crate::which::Which;
use fang_core::FangTaskState;
use fang_core::operator::{STATES, Wanted, named};
use fang_core::store::{Filter, Matching, Overview, PageRequest};
use maud::{Markup, html};

/// Cancelled tasks have failed, with this error.
const CANCELLED: (&str, &str) = ("error", "cancelled");

/// How many tasks are in the states whose numbers are shown.
pub(super) struct Counts {
    waiting: Matching,
    running: Matching,
    failed: Matching,
}

impl Counts {
    /// Of all tasks, as the overview has them, or of those that match the other conditions, as far as one look for each state
    /// tells.
    pub(super) async fn of(visit: &Visit, which: &Which, all: &Overview) -> Result<Self, Refusal> {
        let is_narrow = others(which).next().is_some();
        let count = async |wanted: Wanted, of_all: Matching| {
            if !is_narrow {
                return Ok(of_all);
            }
            let mut filter = which.filter_in(wanted);
            filter.error = filter.error.filter(|error| error != CANCELLED.1);
            looked(visit, &filter).await
        };
        Ok(Self {
            waiting: count(Wanted::Waiting, all.waiting).await?,
            running: count(Wanted::State(FangTaskState::InProgress), all.running).await?,
            failed: count(Wanted::State(FangTaskState::Failed), all.failed).await?,
        })
    }
}

/// One look at the tasks that match.
async fn looked(visit: &Visit, filter: &Filter) -> Result<Matching, Refusal> {
    let request = PageRequest { count_only: true, ..PageRequest::new(filter) };
    let page = visit.server.looks(visit.server.admin.page(&request)).await??;
    Ok(Matching { tasks: page.matched, looked: page.looked, is_cut: page.next.is_some() })
}

/// The conditions that stay when another state is looked at.
fn others(which: &Which) -> impl Iterator<Item = (&str, &str)> + Clone {
    which.pairs().filter(|pair| pair.0 != "state" && *pair != CANCELLED)
}

pub(super) fn tabs(visit: &Visit, which: &Which, counts: &Counts) -> Markup {
    let states = [
        ("", "All", None),
        ("waiting", "Waiting", Some(counts.waiting)),
        ("running", "Running", Some(counts.running)),
        ("failed", "Failed", Some(counts.failed)),
        ("failed", "Cancelled", None),
        ("finished", "Finished", None),
    ];
    let is_cancelled = which.get("error") == Some(CANCELLED.1);
    // A look that found none and did not see all tells nothing.
    let is_known = |tasks: &Matching| tasks.tasks > 0 || !tasks.is_cut;
    html! {
        nav.tabs aria-label="States" {
            @for (state, name, tasks) in states {
                @let for_cancelled = name == "Cancelled";
                @let is_here = which.state == named(STATES, state) && is_cancelled == for_cancelled;
                @let first = Some(("state", state)).filter(|_| !state.is_empty());
                @let pairs = first.into_iter().chain(for_cancelled.then_some(CANCELLED));
                @let pairs = pairs.chain(others(which).filter(|pair| !for_cancelled || pair.0 != "error"));
                a href=(visit.base.with("/tasks", pairs.chain(same(visit)))) aria-current=[is_here.then_some("page")] {
                    (name) @if let Some(tasks) = tasks.filter(is_known) { " " span.count { (show::matching(&tasks)) } }
                }
            }
        }
    }
}
