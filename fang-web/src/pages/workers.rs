//! `/workers`: the pools of all processes, to make quiet and to stop.

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::operator::{span, worker_mode, worker_state};
use fang_core::store::{WorkerId, WorkerInfo, WorkerState};
use maud::{Markup, html};

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (live, stream) = (live(&visit).await?, visit.base.with("/live", [("page", "workers")]));
    let page = Page { title: "Workers", path: "/workers", ..Page::default() };
    Ok(shell::page(&visit, Page { stream: Some(stream), live: Some(live), ..page }))
}

pub(crate) async fn act(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let admin = &visit.server.admin;
    if form.get("id").is_none() {
        return all(&visit, form.need("do")?).await;
    }
    let id = form.need("id")?.parse().map_err(|_| Refusal::bad("this is no id of a worker"))?;
    let id = WorkerId(id);
    let (verb, is_asked) = match form.need("do")? {
        "quiet" => ("quiet worker", admin.quiet_worker(id).await?),
        "resume" => ("resume worker", admin.resume_worker(id).await?),
        "stop" => ("stop worker", admin.stop_worker(id).await?),
        _ => return Err(Refusal::bad("there is no such action")),
    };
    if !is_asked {
        return Err(Refusal::conflict(format!("no living worker has the id {id}; it has stopped")));
    }
    visit.tell(verb, id.to_string());
    visit.server.forget();
    Ok(visit.see("/workers", [("told", "asked")]))
}

/// Asks all pools that live.
async fn all(visit: &Visit, word: &str) -> Result<Response, Refusal> {
    let admin = &visit.server.admin;
    let (verb, is_stop) = match word {
        "quiet-all" => ("quiet worker", false),
        "stop-all" => ("stop worker", true),
        _ => return Err(Refusal::bad("there is no such action")),
    };
    // Not as they were told last: a pool may have started since.
    let workers = admin.workers().await?;
    let mut failed = None;
    for worker in workers.iter().filter(|worker| worker.state == WorkerState::Alive) {
        let asked =
            if is_stop { admin.stop_worker(worker.id).await } else { admin.quiet_worker(worker.id).await };
        match asked {
            Ok(true) => visit.tell(verb, worker.id.to_string()),
            // It has just stopped, and needs no word.
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
    }
    visit.server.forget();
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(visit.see("/workers", [("told", "all-asked")])),
    }
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let look = visit.server.look().await?;
    Ok(html! {
        div.wide tabindex="0" role="region" aria-label="Workers" {
            table {
                thead { tr {
                    @for title in ["Id", "State", "Busy", "Mode", "Task types", "Host", "Version", "Started", "Last beat", ""] {
                        th scope="col" { (title) }
                    }
                } }
                tbody {
                    @for worker in &look.workers { (row(visit, worker, look.now)) }
                    @if look.workers.is_empty() { tr { td.faint colspan="10" { "No pool runs." } } }
                }
            }
        }
        @if visit.may_act() && look.alive().count() > 1 { (all_at_once(visit)) }
    })
}

/// The most task types that a row names.
const NAMED: usize = 20;

fn all_at_once(visit: &Visit) -> Markup {
    html! {
        form.actions method="post" action=(visit.base.to("/workers")) {
            details.ask { summary { "Quiet all…" } button name="do" value="quiet-all" { "Quiet all now" } } " "
            details.ask { summary { "Stop all…" } button.danger name="do" value="stop-all" { "Stop all now" } }
        }
    }
}

fn row(visit: &Visit, worker: &WorkerInfo, now: DateTime<Utc>) -> Markup {
    let class = match worker.state {
        WorkerState::Alive => "good",
        WorkerState::Silent => "waits",
        _ if worker.is_lost => "bad",
        _ => "",
    };
    html! {
        tr {
            th scope="row" { (worker.id) }
            td { span class={ "badge " (class) } { (worker_state(worker)) } }
            td { (worker.busy) " of " (worker.workers)
                " " meter min="0" max=(worker.workers.max(1)) value=(worker.busy) aria-label="Busy" {} }
            td { (show::visible(worker_mode(worker))) }
            td { bdi { (show::visible(&worker.served(", ", NAMED))) } }
            td { bdi { (show::visible(&worker.host)) } div.faint { "pid " (worker.pid) } }
            td { (show::visible(&worker.version)) }
            td { (show::ago(worker.started_at, now)) }
            td { (span::short(worker.silent_for)) " ago" }
            td { @if visit.may_act() && worker.state != WorkerState::Dead { (actions(visit, worker)) } }
        }
    }
}

fn actions(visit: &Visit, worker: &WorkerInfo) -> Markup {
    let (word, name) = if worker.is_quiet { ("resume", "Resume") } else { ("quiet", "Quiet") };
    let form = |word: &str, name: &str, class: &str| {
        html! {
            form.inline method="post" action=(visit.base.to("/workers")) {
                input type="hidden" name="id" value=(worker.id);
                button class=(class) name="do" value=(word) aria-label={ (name) " worker " (worker.id) } { (name) }
            }
        }
    };
    html! {
        (form(word, name, "")) " "
        details.ask { summary { "Stop…" } (form("stop", "Stop it now", "danger")) }
    }
}
