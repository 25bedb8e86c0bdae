//! The options that choose tasks. All of them must hold.

use crate::words::one_of;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fang_core::Priority;
use fang_core::operator::{PRIORITIES, STATES, Wanted, at_path, span};
use fang_core::store::Filter;
use serde_json::Value;
use std::time::Duration;

/// The options that choose tasks.
#[derive(Args, Clone)]
#[command(next_help_heading = "Filter")]
pub(crate) struct Which {
    /// Only tasks in this state; `waiting` is new or retried, and `running` is in progress.
    #[arg(long, value_parser = one_of(STATES))]
    pub(crate) state: Option<Wanted>,
    /// Only tasks of this kind.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) kind: Option<String>,
    /// Only tasks of this task type.
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), value_name = "NAME")]
    pub(crate) task_type: Option<String>,
    /// Only tasks with this tag.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tag: Option<String>,
    /// Only tasks of this priority.
    #[arg(long, value_parser = one_of(PRIORITIES))]
    priority: Option<Priority>,
    /// Only tasks that were inserted at least this long ago, such as 90s, 5m or 1d.
    #[arg(long, value_parser = span::parse, value_name = "SPAN")]
    older_than: Option<Duration>,
    /// Only tasks that were inserted less than this long ago.
    #[arg(long, value_parser = span::parse, value_name = "SPAN")]
    newer_than: Option<Duration>,
    /// Only tasks whose payload has this value, such as user.id=7 or name=Ada.
    #[arg(long, value_parser = at_path, value_name = "PATH=VALUE", conflicts_with = "payload_json")]
    payload: Option<Value>,
    /// Only tasks whose payload contains this JSON, such as '{"user":{"id":7}}'.
    #[arg(long, value_parser = json, value_name = "JSON")]
    payload_json: Option<Value>,
    /// Only tasks whose last error contains this text, in upper or lower case.
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), value_name = "TEXT")]
    error: Option<String>,
}

impl Which {
    /// Whether no option is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.state.is_none() && self.filter() == Filter { without_payload: true, ..Filter::default() }
    }

    /// The filter, which returns no payloads.
    pub(crate) fn filter(&self) -> Filter {
        let which = self.clone();
        Filter {
            kind: which.kind,
            task_type: which.task_type,
            tag: which.tag,
            priority: which.priority,
            older_than: which.older_than,
            newer_than: which.newer_than,
            payload: which.payload.or(which.payload_json),
            error: which.error,
            without_payload: true,
            ..self.state.unwrap_or(Wanted::Any).filter()
        }
    }

    /// The same filter, of tasks in this state.
    pub(crate) fn filter_in(&self, state: Wanted) -> Filter {
        Self { state: Some(state), ..self.clone() }.filter()
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|error| format!(r#"not JSON ({error}); write an object, such as '{{"user":7}}'"#))
}
