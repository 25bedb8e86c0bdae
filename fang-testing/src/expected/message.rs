//! What a failed assertion says.

use super::difference::Difference;
use super::{Count, Expected, shown};
use fang_core::Task;
use serde_json::Value;
use std::fmt::Write;

/// The most candidates that are shown.
const SHOWN: usize = 5;

/// The longest payload that is shown, in bytes.
const MAX_SHOWN_BYTES: usize = 500;

pub(super) fn failure(expected: &Expected, matching: &[Task], others: &[(Task, Vec<Difference>)]) -> String {
    let wanted = wanted(expected);
    let mut text = format!("at {}: ", expected.place);
    let _ = match expected.count {
        Count::AtLeastOne => write!(text, "no task is {wanted}"),
        Count::Exactly(0) => write!(text, "no task should be {wanted}, but {} found", are(matching.len())),
        Count::Exactly(count) => {
            write!(text, "{} should be {wanted}, but {} found", tasks(count), are(matching.len()))
        }
    };
    if !expected.within.is_zero() && expected.count != Count::Exactly(0) {
        let _ = write!(text, " within {:?}", expected.within);
    }
    matching.iter().take(SHOWN).for_each(|task| show(&mut text, task, &[]));
    if matching.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", matching.len() - SHOWN);
    }
    if expected.count != Count::Exactly(0) {
        candidates(&mut text, expected, others);
    }
    text
}

/// Shows the nearest candidates: those of the same kind come first, then those with the fewest differences.
fn candidates(text: &mut String, expected: &Expected, others: &[(Task, Vec<Difference>)]) {
    if others.is_empty() {
        text.push_str("\nthere is no other task");
        return;
    }
    let mut nearest: Vec<_> = others.iter().collect();
    nearest.sort_by_key(|(task, differences)| (expected.is_other_kind(task), differences.len()));
    let _ = match others.len() {
        1 => write!(text, "\nthere is another task:"),
        count if count <= SHOWN => write!(text, "\nthere are {count} others, the nearest first:"),
        count => write!(text, "\nthere are {count} others, of which these are the nearest:"),
    };
    for (task, differences) in nearest.into_iter().take(SHOWN) {
        // The payload of another kind has other fields, so their differences say nothing.
        let is_other_kind = expected.is_other_kind(task);
        let shown = if is_other_kind { &differences[..1] } else { &differences[..] };
        show(text, task, shown);
    }
}

fn show(text: &mut String, task: &Task, differences: &[Difference]) {
    let mut payload = fields(&task.metadata);
    if payload.len() > MAX_SHOWN_BYTES {
        payload.truncate(payload.floor_char_boundary(MAX_SHOWN_BYTES));
        payload.push_str(" ...");
    }
    let kind = task.kind().unwrap_or("without a kind");
    let _ = write!(text, "\n  - {kind} {payload}, task type {:?}, {}", task.task_type, task.state.as_str());
    for difference in differences {
        let _ = write!(text, "\n      {difference}");
    }
}

/// The fields of a payload, without the kind.
fn fields(payload: &Value) -> String {
    let Value::Object(fields) = payload else { return payload.to_string() };
    let named = fields.iter().filter(|(name, _)| *name != "type");
    let named: Vec<_> = named.map(|(name, value)| format!("{name:?}: {}", shown(value))).collect();
    if named.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", named.join(", ")) }
}

fn wanted(expected: &Expected) -> String {
    let mut text = expected.kind.clone().unwrap_or_else(|| "of any kind".to_owned());
    if let Some(value) = &expected.fields {
        let _ = write!(text, " {}", fields(value));
    }
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {value}");
        }
    };
    option("task type", expected.task_type.as_ref().map(|value| format!("{value:?}")));
    option("state", expected.state.map(|value| value.as_str().to_owned()));
    option("delay", expected.delay.map(|value| format!("{value:?}")));
    option("at", expected.at.map(|value| value.to_string()));
    option("tags", (!expected.tags.is_empty()).then(|| format!("{:?}", expected.tags)));
    for (name, value) in &expected.headers {
        option("header", Some(format!("{name:?} {value:?}")));
    }
    option("priority", expected.priority.map(|value| format!("{value:?}")));
    option("max_retries", expected.max_retries.map(|value| value.to_string()));
    text
}

fn tasks(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn are(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}
