use super::words::Names;
use crate::store::Filter;
use crate::task::FangTaskState;
use serde_json::Value;

/// The tasks of a state, or all that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// In any state.
    Any,
    /// New or retried.
    Waiting,
    /// In this state.
    State(FangTaskState),
}

/// The words for states in a filter.
pub const STATES: Names<Wanted> = &[
    ("waiting", Wanted::Waiting),
    ("running", Wanted::State(FangTaskState::InProgress)),
    ("failed", Wanted::State(FangTaskState::Failed)),
    ("finished", Wanted::State(FangTaskState::Finished)),
    ("new", Wanted::State(FangTaskState::New)),
    ("retried", Wanted::State(FangTaskState::Retried)),
    ("in_progress", Wanted::State(FangTaskState::InProgress)),
];

impl Wanted {
    /// Whether tasks in this state are among them.
    pub fn has(self, state: FangTaskState) -> bool {
        match self {
            Self::Any => true,
            Self::Waiting => state.is_waiting(),
            Self::State(wanted) => state == wanted,
        }
    }

    /// The filter that has no other condition.
    pub fn filter(self) -> Filter {
        match self {
            Self::Any => Filter::default(),
            Self::Waiting => Filter { waiting: true, ..Filter::default() },
            Self::State(state) => Filter::in_state(state),
        }
    }
}

/// A path with more parts is refused: each is a level of JSON, and what reads, copies and drops JSON goes down level by
/// level.
const DEEPEST: usize = 100;

/// Reads a path and a value, such as `user.id=7`. Returns the JSON that a payload with this value contains. A text
/// needs no quotes.
///
/// # Errors
/// A text that says what to write.
pub fn at_path(text: &str) -> Result<Value, String> {
    let (path, value) = text.split_once('=').unwrap_or_default();
    if path.split('.').any(str::is_empty) {
        return Err("write a path and a value, such as user.id=7".to_owned());
    }
    if path.split('.').count() > DEEPEST {
        return Err(format!("the path has more than {DEEPEST} parts"));
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Filter::payload_at(path, value).payload.ok_or_else(|| "the path is empty".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_at_a_path_is_json_or_a_text_without_quotes() {
        assert_eq!(at_path("user.id=7"), Ok(json!({ "user": { "id": 7 } })));
        assert_eq!(at_path("name=Ada=b"), Ok(json!({ "name": "Ada=b" })));
        assert_eq!(at_path(r#"id="7""#), Ok(json!({ "id": "7" })));
        for text in ["", "user", "=7", "user.=7", ".id=7"] {
            assert!(at_path(text).is_err_and(|advice| advice.contains("such as user.id=7")), "{text}");
        }
        let deep = |parts: usize| at_path(&format!("a{}=1", ".a".repeat(parts - 1)));
        assert!(deep(100).is_ok() && [101, 100_000].into_iter().all(|parts| deep(parts).is_err()));
    }
}
