//! `/crons/edit`: changes a cron that was made by hand.

use crate::form::{Errors, Form};
use crate::pairs::{Pairs, Sent};
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
    Ok(page(&visit, &cron.name, Some(&cron), &Form::fresh(&Pairs::default())))
}

/// Saves the cron, or shows the form again with what is wrong.
pub(crate) async fn save(visit: Visit, Sent { form, is_too_large }: Sent) -> Result<Response, Refusal> {
    let mut errors = Errors::default();
    let cron = match found(&visit, form.need("name")?).await {
        Ok(cron) => cron,
        Err(away) if away.status == StatusCode::SERVICE_UNAVAILABLE => {
            errors.refuse(away);
            let page = page(&visit, form.need("name")?, None, &Form::sent(&form, &errors));
            return Ok(errors.answer(page));
        }
        Err(refusal) => return Err(refusal),
    };
    let name = cron.name_by_hand().unwrap_or_default();
    if form.get("seen").is_some_and(|seen| seen != mark(&visit, &cron)) {
        errors.add(
            "",
            &"another viewer or program has changed this cron meanwhile: save it again to replace what is saved now",
        );
    } else if is_too_large {
        errors.refuse(Refusal::too_large());
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
            Err(error) => errors.refuse(error),
        }
    }
    Ok(errors.answer(page(&visit, &cron.name, Some(&cron), &Form::sent(&form, &errors))))
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

/// The form for the cron of this name, which is filled if the store has told the cron.
fn page(visit: &Visit, name: &str, cron: Option<&CronInfo>, form: &Form<'_>) -> Response {
    let text = |of: fn(&CronInfo) -> String| cron.map(of).unwrap_or_default();
    let is_redacted = visit.server.settings.redact.is_some();
    let payload = cron.and_then(|cron| fields(cron.payload.expose()));
    let payload = payload.filter(|text| !is_redacted && text.len() <= LARGE).unwrap_or_default();
    let rest = html! {
        dl.fields {
            dt { "Name" } dd { bdi { (show::visible(name)) } }
            @if let Some(cron) = cron {
                dt { "Task type" } dd { bdi { (show::visible(&cron.task_type)) } }
                dt { "Mode" } dd { (mode(cron.mode)) }
                dt { "Priority" } dd { (priority(cron.priority)) }
            }
        }
        (form.trouble())
        form.filter method="post" action=(visit.base.to("/crons/edit")) {
            input type="hidden" name="name" value=(name);
            @match cron {
                Some(cron) => { input type="hidden" name="seen" value=(mark(visit, cron)); }
                None => { (form.hidden("seen")) }
            }
            (form.text("pattern", "Pattern", "0 3 * * *", &text(|cron| cron.cron.pattern.clone()), true))
            (form.text("time_zone", "Time zone", "UTC", &text(|cron| cron.cron.time_zone.clone()), false))
            (form.text("missed", "Missed ticks: coalesce, skip or a number", "coalesce", &text(missed), false))
            (form.json("payload", "Payload, which stays as it is if this is empty", &payload))
            p.faint { "A change replaces the tick that waits, unless that is due already. An interval is counted on from the last tick." }
            button.main { "Save the cron" }
        }
        p { a href=(visit.base.to("/crons")) { "Back to the crons" } }
    };
    let page = Page { title: "Edit a cron", path: "/crons", rest: Some(rest), ..Page::default() };
    shell::page(visit, page)
}

fn missed(cron: &CronInfo) -> String {
    match cron.cron.missed {
        Missed::Coalesce => "coalesce".to_owned(),
        Missed::Skip => "skip".to_owned(),
        Missed::CatchUp(most) => most.to_string(),
    }
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
