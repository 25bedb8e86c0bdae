//! `/crons`: the crons with their next ticks, to run, pause, resume, remove, add and edit.

pub(crate) mod add;
pub(crate) mod edit;

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fang_core::operator;
use fang_core::store::{CronInfo, CronRemoval};
use maud::{Markup, html};

/// How many ticks are shown.
const TICKS: usize = 5;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (live, stream) = (live(&visit).await?, visit.base.with("/live", [("page", "crons")]));
    let rest = visit.may_act().then(|| add::part(&visit));
    let page = Page { title: "Crons", path: "/crons", rest, ..Page::default() };
    Ok(shell::page(&visit, Page { stream: Some(stream), live: Some(live), ..page }))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let (crons, now) = (visit.server.crons().await?, visit.server.now().await?);
    Ok(html! {
        div.wide tabindex="0" role="region" aria-label="Crons" {
            table {
                thead { tr {
                    @for title in ["Name", "Pattern", "Task type", "Missed ticks", "Next tick", ""] { th scope="col" { (title) } }
                } }
                tbody {
                    @for cron in crons.iter() { (row(visit, cron, now)) }
                    @if crons.is_empty() { tr { td.faint colspan="6" { "There are no crons." } } }
                }
            }
        }
    })
}

pub(crate) async fn act(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let (admin, name) = (&visit.server.admin, form.need("name")?);
    let (verb, is_changed, told) = match form.need("do")? {
        "run" => ("run cron", run(&visit, name).await?, "ran"),
        "pause" => ("pause cron", admin.pause_cron(name).await?, "paused"),
        "resume" => ("resume cron", admin.resume_cron(name).await?, "resumed"),
        "remove" => {
            let removal = CronRemoval::Name(name.to_owned());
            ("remove cron", admin.remove_crons(&removal).await? > 0, "cron-removed")
        }
        _ => return Err(Refusal::bad("there is no such action")),
    };
    visit.tell(verb, name);
    visit.server.forget();
    Ok(visit.see("/crons", [("told", if is_changed { told } else { "already" })]))
}

async fn run(visit: &Visit, name: &str) -> Result<bool, Refusal> {
    let id = visit.server.admin.run_cron(name).await?;
    id.map(|_| true).ok_or_else(|| Refusal::not_found("there is no cron of this name"))
}

fn row(visit: &Visit, cron: &CronInfo, now: DateTime<Utc>) -> Markup {
    let ticks = cron.next_ticks(now, TICKS).unwrap_or_default();
    html! {
        tr {
            th scope="row" {
                bdi { (show::visible(&cron.name)) }
                " " span.badge { @if cron.name_by_hand().is_some() { "by hand" } @else { "of a program" } }
            }
            td { code { (show::visible(&cron.cron.pattern)) } div.faint { (show::visible(&cron.cron.time_zone)) } }
            td { bdi { (show::visible(&cron.task_type)) }
                div.faint { (operator::mode(cron.mode)) ", " (operator::priority(cron.priority)) } }
            td { (operator::missed(cron.cron.missed)) }
            td {
                @if let Some(at) = cron.paused_at { span.badge.waits { "paused" } " " (show::ago(at, now)) }
                @else {
                    (show::ago(cron.next_tick, now))
                    details {
                        summary { "next ticks" }
                        ol.ticks { @for tick in ticks { li { (show::instant(tick, now)) } } }
                    }
                }
            }
            td { @if visit.may_act() { (actions(visit, cron)) } }
        }
    }
}

fn actions(visit: &Visit, cron: &CronInfo) -> Markup {
    let form = |word: &str, name: &str, class: &str| {
        html! {
            form.inline method="post" action=(visit.base.to("/crons")) {
                input type="hidden" name="name" value=(cron.name);
                button class=(class) name="do" value=(word) aria-label={ (name) " " (show::visible(&cron.name)) } { (name) }
            }
        }
    };
    html! {
        (form("run", "Run now", "")) " "
        @if cron.paused_at.is_some() { (form("resume", "Resume", "")) } @else { (form("pause", "Pause", "")) } " "
        @if cron.name_by_hand().is_some() {
            @let edit = visit.base.with("/crons/edit", [("name", cron.name.as_str())]);
            a.button href=(edit) aria-label={ "Edit " (show::visible(&cron.name)) } { "Edit…" } " "
        }
        details.ask { summary { "Remove…" } (form("remove", "Remove it", "danger")) }
    }
}
