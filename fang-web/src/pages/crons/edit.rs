//! `/crons/edit`: changes a cron that was made by hand.

use crate::form::{Errors, Form};
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::http::StatusCode;
use axum::response::Response;
use fang_core::operator::{in_lines, mode, priority, read_missed};
use fang_core::store::CronInfo;
use fang_core::{Cron, Missed, Mode, NewTask, QueueError, ScheduleError};
use maud::html;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// A larger payload is not in the form, which would be too large to send.
const LARGE: usize = 64 * 1024;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    visit.must_act()?;
    let cron = found(&visit, visit.query.need("name")?).await?;
    Ok(page(&visit, &cron, &Form::fresh(&Pairs::default())))
}

/// Saves the cron, or shows the form again with what is wrong.
pub(crate) async fn save(visit: Visit, form: Pairs) -> Result<Response, Refusal> {
    let cron = found(&visit, form.need("name")?).await?;
    let (name, mut errors) = (cron.name_by_hand().unwrap_or_default(), Errors::default());
    if form.get("seen").is_some_and(|seen| seen != mark(&visit, &cron)) {
        errors.add(
            "",
            &"another viewer or program has changed this cron meanwhile: save it again to replace what is saved now",
        );
    } else if let Some(changed) = changed(&cron, &form, &mut errors) {
        match visit.server.admin.set_cron(name, changed.cron.clone(), changed.task()).await {
            Ok(name) => {
                visit.tell("edit cron", name);
                visit.server.forget();
                return Ok(visit.see("/crons", [("told", "edited")]));
            }
            Err(QueueError::Schedule(error @ ScheduleError::TimeZone { .. })) => {
                errors.add("time_zone", &error);
            }
            Err(QueueError::Schedule(error)) => errors.add("pattern", &error),
            Err(QueueError::Payload(error)) => errors.add("payload", &error),
            Err(error) => return Err(error.into()),
        }
    }
    let mut response = page(&visit, &cron, &Form::sent(&form, &errors));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

/// What a form shows that it was filled with this cron. Nobody can tell a payload from it.
fn mark(visit: &Visit, cron: &CronInfo) -> String {
    let Cron { pattern, time_zone, missed, .. } = &cron.cron;
    let seen = (pattern, time_zone, format!("{missed:?}"), cron.payload.expose());
    format!("{:x}", visit.server.marks.hash_one(seen))
}

/// The cron of this whole name, if it was made by hand.
async fn found(visit: &Visit, name: &str) -> Result<CronInfo, Refusal> {
    // Not as it was told last: the form is filled with what is saved.
    let mut crons = visit.server.admin.list_crons().await?.into_iter();
    let cron = crons.find(|cron| cron.name == name);
    let cron = cron.ok_or_else(|| Refusal::not_found("there is no cron of this name"))?;
    match cron.name_by_hand() {
        Some(_) => Ok(cron),
        None => Err(Refusal::conflict(
            "this is the cron of a program, which would change it back; change it in its code",
        )),
    }
}

fn page(visit: &Visit, cron: &CronInfo, form: &Form<'_>) -> Response {
    let missed = match cron.cron.missed {
        Missed::Coalesce => "coalesce".to_owned(),
        Missed::Skip => "skip".to_owned(),
        Missed::CatchUp(most) => most.to_string(),
    };
    let is_redacted = visit.server.settings.redact.is_some();
    let payload = fields(cron.payload.expose()).filter(|text| !is_redacted && text.len() <= LARGE);
    let rest = html! {
        dl.fields {
            dt { "Name" } dd { bdi { (show::visible(&cron.name)) } }
            dt { "Task type" } dd { bdi { (show::visible(&cron.task_type)) } }
            dt { "Mode" } dd { (mode(cron.mode)) }
            dt { "Priority" } dd { (priority(cron.priority)) }
        }
        (form.trouble())
        form.filter method="post" action=(visit.base.to("/crons/edit")) {
            input type="hidden" name="name" value=(cron.name);
            input type="hidden" name="seen" value=(mark(visit, cron));
            (form.text("pattern", "Pattern", "0 3 * * *", &cron.cron.pattern, true))
            (form.text("time_zone", "Time zone", "UTC", &cron.cron.time_zone, false))
            (form.text("missed", "Missed ticks: coalesce, skip or a number", "coalesce", &missed, false))
            (form.json("payload", "Payload, which stays as it is if this is empty", &payload.unwrap_or_default()))
            p.faint { "A change removes the tick that waits, and the next one is counted from now." }
            button.main { "Save the cron" }
        }
        p { a href=(visit.base.to("/crons")) { "Back to the crons" } }
    };
    let page = Page { title: "Edit a cron", path: "/crons", rest: Some(rest), ..Page::default() };
    shell::page(visit, page)
}

/// The cron as the form wants it, or nothing if a field cannot be read.
fn changed(cron: &CronInfo, form: &Pairs, errors: &mut Errors) -> Option<CronInfo> {
    let mut changed = cron.clone();
    let pattern = form.get("pattern").ok_or("say when it ticks, such as 0 3 * * *");
    let missed = form.get("missed").map(read_missed).transpose();
    let payload = form.get("payload").map(|text| made(cron.kind(), cron.mode, text)).transpose();
    let (pattern, missed) = (errors.take("pattern", pattern), errors.take("missed", missed));
    if let Some(payload) = errors.take("payload", payload)? {
        changed.payload = payload.into();
    }
    changed.cron.pattern = pattern?.to_owned();
    changed.cron.missed = missed?.unwrap_or_default();
    changed.cron.time_zone = form.get("time_zone").unwrap_or("UTC").to_owned();
    Some(changed)
}

/// The payload with these fields.
fn made(kind: &str, mode: Mode, text: &str) -> Result<String, String> {
    let fields: Box<RawValue> =
        serde_json::from_str(text).map_err(|error| format!("the payload is not JSON: {error}"))?;
    let task = NewTask::of_kind(kind, fields).mode(mode);
    task.check(usize::MAX).map_err(|error| error.to_string())?;
    Ok(task.payload().to_owned())
}

/// The payload without its kind, with all digits of its numbers.
fn fields(payload: &str) -> Option<String> {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(payload).ok()?;
    fields.remove("type");
    Some(in_lines(&serde_json::to_string(&fields).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_payload_come_back_with_all_digits() {
        let saved = r#"{"type":"Report","n":123456789012345678901234567890,"a":[1]}"#;
        let shown = fields(saved).unwrap();
        assert!(!shown.contains("Report"), "{shown}");
        let refused = |text| made("Report", Mode::Asynk, text).is_err();
        let again = made("Report", Mode::Asynk, &shown).unwrap();
        assert!(
            again.starts_with(r#"{"type":"Report","#) && again.contains("123456789012345678901234567890")
        );
        assert!(refused("[1]") && refused(r#"{"type":"Other"}"#));
    }
}
