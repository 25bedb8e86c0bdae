//! The payload of a task, with all digits of its numbers, and as JSON alone.

use crate::refusal::Refusal;
use crate::seen::Seen;
use crate::show;
use crate::visit::Visit;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use fang_core::Task;
use maud::{Markup, html};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A payload of more bytes is shown when it is asked for.
const SMALL: usize = 2_000;

/// The payload on the page of its task.
pub(crate) fn part(visit: &Visit, task: &Task) -> Markup {
    let (text, size) = (text(visit, task), task.payload().len() as u64);
    let json = visit.base.to(&format!("/tasks/{}/payload.json", task.id));
    html! {
        h2 { "Payload " small.faint { (show::number(size)) " bytes" } }
        details open[text.len() <= SMALL] {
            summary { "JSON" }
            pre #payload { (show::visible(&text)) }
        }
        p.actions {
            a.button href=(json) { "JSON alone" } " "
            button.copy type="button" data-of="payload" hidden { "Copy" }
        }
    }
}

/// The payload alone, for programs.
pub(crate) async fn json(visit: Visit, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: Uuid = id.parse().map_err(|_| Refusal::not_found("this is no id of a task"))?;
    let seen = visit.server.task(id, false).await?;
    let gone = || Refusal::not_found(format!("no task has the id {id}"));
    let Seen { task, .. } = seen.as_ref().as_ref().ok_or_else(gone)?;
    Ok(([(CONTENT_TYPE, "application/json")], text(&visit, task)).into_response())
}

/// The payload in lines, without what the application takes out.
fn text(visit: &Visit, task: &Task) -> String {
    let mut shown = task.metadata.clone();
    if let Some(redact) = &visit.server.settings.redact {
        // JSON that cannot be read is one text, in which no field can be taken out.
        if shown.is_string() {
            return "\"***\"".to_owned();
        }
        redact(task, &mut shown);
    }
    let exact = task.payload();
    let mut text = String::new();
    write(&mut text, &shown, serde_json::from_str(&exact).ok(), 0);
    text
}

/// Writes a value. Where it is that of the saved JSON, its numbers have the digits that they have there.
fn write(text: &mut String, shown: &Value, exact: Option<&RawValue>, depth: usize) {
    match shown {
        Value::Object(fields) if !fields.is_empty() => {
            let saved: BTreeMap<String, &RawValue> = parts(exact, serde_json::from_str);
            let parts = fields.iter().map(|(name, value)| (Some(name), value, saved.get(name).copied()));
            block(text, ['{', '}'], parts, depth);
        }
        Value::Array(elements) if !elements.is_empty() => {
            let saved: Vec<&RawValue> = parts(exact, serde_json::from_str);
            let saved = paired(elements, &saved);
            let parts = elements.iter().zip(saved).map(|(value, saved)| (None, value, saved));
            block(text, ['[', ']'], parts, depth);
        }
        Value::Number(_) => *text += &number(shown, exact),
        _ => *text += &shown.to_string(),
    }
}

/// The parts of a saved value. None if it is not of this sort, since the application has put another one in its place.
fn parts<'e, T: Default>(exact: Option<&'e RawValue>, read: fn(&'e str) -> serde_json::Result<T>) -> T {
    exact.and_then(|saved| read(saved.get()).ok()).unwrap_or_default()
}

/// The saved element of each element that is shown. If the application has changed the list, places do not tell: a number may stand
/// where one was that nearly equals it. Then a number is the saved one only if no other would be read the same.
fn paired<'e>(shown: &[Value], saved: &[&'e RawValue]) -> Vec<Option<&'e RawValue>> {
    let read: Vec<Option<Value>> = saved.iter().map(|saved| serde_json::from_str(saved.get()).ok()).collect();
    if shown.iter().eq(read.iter().flatten()) {
        return saved.iter().copied().map(Some).collect();
    }
    let mut known = BTreeMap::<String, Option<&RawValue>>::new();
    for (saved, value) in saved.iter().zip(&read) {
        let first =
            known.entry(value.as_ref().map(Value::to_string).unwrap_or_default()).or_insert(Some(saved));
        *first = first.filter(|first| first.get() == saved.get());
    }
    let has_places = shown.len() == saved.len();
    let by_place = |place: usize, value: &Value| {
        saved.get(place).copied().filter(|_| has_places && (value.is_object() || value.is_array()))
    };
    let of = |(place, value): (usize, &Value)| {
        known.get(&value.to_string()).copied().unwrap_or_else(|| by_place(place, value))
    };
    shown.iter().enumerate().map(of).collect()
}

/// The saved number, if it is this one.
fn number(shown: &Value, exact: Option<&RawValue>) -> String {
    let saved = exact.map(RawValue::get);
    let is_same = |saved: &&str| serde_json::from_str::<Value>(saved).is_ok_and(|saved| saved == *shown);
    saved.filter(is_same).map_or_else(|| shown.to_string(), str::to_owned)
}

/// Writes the parts of an object or an array, each in a line of its own.
fn block<'a>(
    text: &mut String,
    [open, close]: [char; 2],
    parts: impl Iterator<Item = (Option<&'a String>, &'a Value, Option<&'a RawValue>)>,
    depth: usize,
) {
    let begin_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    for (place, (name, value, saved)) in parts.enumerate() {
        text.push(if place == 0 { open } else { ',' });
        begin_line(text, depth + 1);
        if let Some(name) = name {
            *text += &format!("{}: ", Value::from(name.as_str()));
        }
        write(text, value, saved, depth + 1);
    }
    begin_line(text, depth);
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(value: &Value, exact: &str) -> String {
        let mut text = String::new();
        write(&mut text, value, serde_json::from_str(exact).ok(), 0);
        text
    }

    #[test]
    fn numbers_are_whole_and_what_was_taken_out_stays_out() {
        let exact = r#"{"card": 12345678901234567890123, "list": [0.12345678901234567890, {}], "user": {"id": 98765432109876543210}}"#;
        let mut value: Value = serde_json::from_str(exact).unwrap();
        assert_eq!(shown(&value, exact).replace(['\n', ' '], ""), exact.replace(' ', ""));
        value["card"] = json!("***");
        value["list"] = json!([]);
        let text = shown(&value, exact);
        assert!(
            text.contains("\"***\"") && text.contains("98765432109876543210") && !text.contains("123456"),
            "{text}"
        );
        let plain = json!({ "a": [1, { "b": null }], "c": {} });
        assert_eq!(shown(&plain, &plain.to_string()), format!("{plain:#}"));
    }

    #[test]
    fn a_number_of_a_list_that_was_changed_never_gets_the_digits_of_one_that_was_taken_out() {
        let exact = "[98765432109876543210, 98765432109876543211, 123456789012345678901, {\"n\": 12345678901234567890123}]";
        let value: Value = serde_json::from_str(exact).unwrap();
        let mut list = value.as_array().unwrap().clone();
        list.remove(0);
        let text = shown(&Value::from(list.clone()), exact);
        assert!(!text.contains("98765432109876543210") && !text.contains("98765432109876543211"), "{text}");
        assert!(text.contains("123456789012345678901") && text.contains("12345678901234567890123"), "{text}");
        list.insert(0, json!("***"));
        let text = shown(&Value::from(list), exact);
        assert!(text.contains("12345678901234567890123") && text.contains("***"), "{text}");
        assert!(shown(&value, exact).contains("98765432109876543211"));
    }
}
