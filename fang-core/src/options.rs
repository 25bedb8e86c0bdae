//! The options of one insert.

use crate::store::micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The options of one insert. Kept on the row as JSON, unless none is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How often the task is run again after a failure. Defaults to the number of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<i32>,
    /// Tags to find the task by. Defaults to none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Values that travel with the task beside its payload. Defaults to none.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// How long the row stays after the task has ended, in microseconds. Defaults to what its kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_micros: Option<i64>,
}

/// Values that travel with a task beside its payload, such as the context of a trace, by their names.
pub type Headers = BTreeMap<String, String>;

impl Options {
    /// Sets how long the row stays after the task has ended.
    pub fn set_keep(&mut self, keep: Option<Duration>) {
        self.keep_micros = keep.map(micros);
    }

    /// How long the row stays after the task has ended.
    pub fn keep(&self) -> Option<Duration> {
        self.keep_micros.map(|micros| Duration::from_micros(micros.unsigned_abs()))
    }

    /// The JSON for the row; `None` when no option is set.
    pub fn to_json(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        // Numbers and strings always serialize.
        serde_json::to_string(self).ok()
    }

    /// Reads the options of a row. JSON that cannot be read, such as that edited by hand, counts as no
    /// options.
    pub fn read(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_options_the_row_keeps_no_json() {
        assert_eq!(Options::default().to_json(), None);
    }

    #[test]
    fn options_are_read_as_they_were_written() {
        let options = Options {
            max_retries: Some(0),
            tags: vec!["a\"b".to_owned(), "🦀".to_owned()],
            headers: [("traceparent".to_owned(), "00-1-2-01".to_owned())].into(),
            keep_micros: Some(1),
        };
        assert_eq!(Options::read(options.to_json().as_deref()), options);
    }

    #[test]
    fn json_that_cannot_be_read_counts_as_no_options() {
        for odd in ["[]", "7", r#"{"max_retries":"x"}"#, r#"{"tags":[1]}"#, ""] {
            assert_eq!(Options::read(Some(odd)), Options::default(), "{odd}");
        }
        assert_eq!(Options::read(Some(r#"{"max_retries":3,"more":1}"#)).max_retries, Some(3));
    }
}
