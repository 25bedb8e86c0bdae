//! The failures of a task.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many failures a row keeps: the ten newest.
pub const MAX_FAILURES: usize = 10;

/// A failed run of a task. Its `Debug` output does not show the error, which may quote a payload.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When the failure was saved, by the clock of the store.
    pub at: DateTime<Utc>,
    /// The number of the run, counted from 1.
    pub attempt: u32,
    /// The error that the run returned, or the message of its panic. At most 8 KiB.
    pub error: String,
}

// The error may quote a payload, so it stays out of logs.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("at", &self.at)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// Reads the failures of a row. Entries that cannot be read, such as those edited by hand, are left out.
pub fn read_failures(json: Option<&str>) -> Vec<Failure> {
    let all: Vec<serde_json::Value> =
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_as_postgres_writes_them_and_others_are_left_out() {
        let json = r#"[{"at":"2026-11-24T10:00:00.5+05:30","attempt":2,"error":"no"}, 7, {"at":"x"}]"#;
        let read = read_failures(Some(json));
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].attempt, read[0].at.to_rfc3339()),
            (2, "2026-11-24T04:30:00.500+00:00".to_owned())
        );
        assert!(read_failures(Some("{}")).is_empty() && read_failures(None).is_empty());
    }
}
