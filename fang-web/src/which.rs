//! The tasks that a viewer chose. The fields of addresses mean what the options of the command do.

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use fang_core::operator::{PRIORITIES, STATES, Wanted, at_path, named, span};
use fang_core::store::Filter;
use serde_json::Value;
use std::time::Duration;

/// The names of the fields.
pub(crate) const FIELDS: [&str; 10] = [
    "state",
    "kind",
    "task_type",
    "tag",
    "priority",
    "older_than",
    "newer_than",
    "payload",
    "payload_json",
    "error",
];

/// The tasks that a viewer chose.
#[derive(Clone, Debug)]
pub(crate) struct Which {
    given: Vec<(&'static str, String)>,
    pub(crate) state: Option<Wanted>,
    filter: Filter,
}

impl Which {
    /// From the fields of a query or a form.
    pub(crate) fn read(pairs: &Pairs) -> Result<Self, Refusal> {
        let given = FIELDS.iter().filter_map(|name| Some((*name, pairs.get(name)?.to_owned())));
        let given: Vec<_> = given.collect();
        if given.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Refusal::bad("no task has the character NUL"));
        }
        let state = pairs
            .get("state")
            .map(|word| named(STATES, word).ok_or_else(|| Refusal::bad("there is no such state")));
        let priority = pairs
            .get("priority")
            .map(|word| named(PRIORITIES, word).ok_or_else(|| Refusal::bad("there is no such priority")));
        let owned = |name| pairs.get(name).map(str::to_owned);
        let filter = Filter {
            kind: owned("kind"),
            task_type: owned("task_type"),
            tag: owned("tag"),
            error: owned("error"),
            priority: priority.transpose()?,
            older_than: spanned(pairs, "older_than")?,
            newer_than: spanned(pairs, "newer_than")?,
            payload: payload(pairs)?,
            without_payload: true,
            ..Filter::default()
        };
        Ok(Self { given, state: state.transpose()?, filter })
    }

    /// The filter, which returns no payloads.
    pub(crate) fn filter(&self) -> Filter {
        self.filter_in(self.state.unwrap_or(Wanted::Any))
    }

    /// The same filter, of tasks in this state.
    pub(crate) fn filter_in(&self, state: Wanted) -> Filter {
        let Filter { state, waiting, .. } = state.filter();
        Filter { state, waiting, ..self.filter.clone() }
    }

    /// Whether the payload is among the conditions.
    pub(crate) fn is_by_payload(&self) -> bool {
        self.filter.payload.is_some()
    }

    /// The fields that were given, for addresses and forms.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.given.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// What was given for a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(of, _)| *of == name).map(|(_, value)| value)
    }

    /// The conditions in a line, for pages.
    pub(crate) fn text(&self) -> String {
        line(self.pairs())
    }

    /// The same for logs, which have nothing of payloads.
    pub(crate) fn told(&self) -> String {
        line(
            self.pairs().map(|(name, value)| (name, if name.starts_with("payload") { "***" } else { value })),
        )
    }
}

fn line<'a>(conditions: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let conditions: Vec<_> = conditions.map(|(name, value)| format!("{name}={value}")).collect();
    if conditions.is_empty() { "all tasks".to_owned() } else { conditions.join(" ") }
}

fn spanned(pairs: &Pairs, name: &'static str) -> Result<Option<Duration>, Refusal> {
    pairs.get(name).map(span::parse).transpose().map_err(|advice| Refusal::bad(format!("{name}: {advice}")))
}

fn payload(pairs: &Pairs) -> Result<Option<Value>, Refusal> {
    let payload = match (pairs.get("payload"), pairs.get("payload_json")) {
        (None, None) => return Ok(None),
        (Some(text), None) => at_path(text).map_err(|advice| Refusal::bad(format!("payload: {advice}")))?,
        (None, Some(text)) => serde_json::from_str(text)
            .map_err(|error| Refusal::bad(format!("payload_json: not JSON ({error})")))?,
        (Some(_), Some(_)) => return Err(Refusal::bad("give payload or payload_json, not both")),
    };
    // Postgres has no such text, and would refuse the question.
    if payload.to_string().contains("\\u0000") {
        return Err(Refusal::bad("no payload has the character NUL"));
    }
    Ok(Some(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::FangTaskState;
    use serde_json::json;

    fn which(query: &str) -> Result<Which, Refusal> {
        Which::read(&Pairs::read(query.as_bytes()))
    }

    #[test]
    fn an_address_means_what_the_options_of_the_command_mean() {
        let which = which(
            "state=running&kind=a%26b&older_than=90s&payload=user.id%3D7&error=&tag=x&tag=y&priority=low",
        )
        .unwrap();
        let expected = Filter {
            kind: Some("a&b".to_owned()),
            tag: Some("y".to_owned()),
            priority: Some(fang_core::Priority::Low),
            older_than: Some(Duration::from_secs(90)),
            payload: Some(json!({ "user": { "id": 7 } })),
            without_payload: true,
            ..Filter::in_state(FangTaskState::InProgress)
        };
        assert_eq!(which.filter(), expected);
        assert_eq!(
            which.text(),
            "state=running kind=a&b tag=y priority=low older_than=90s payload=user.id=7"
        );
        assert_eq!(which.told(), "state=running kind=a&b tag=y priority=low older_than=90s payload=***");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let refused = [
            "state=x",
            "older_than=5",
            "priority=soon",
            "payload=7",
            "payload_json={",
            "kind=%00",
            "payload=a%3D%22%5Cu0000%22",
        ];
        for query in refused {
            assert!(which(query).is_err_and(|refusal| refusal.status == 400), "{query}");
        }
        assert!(which("payload=a%3D1&payload_json=1").is_err());
    }
}
