//! What the doctor finds.

use crate::error::StoreError;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Trouble now or later.
    Warning,
    /// Tasks do not run, or may be lost.
    Error,
}

impl Severity {
    /// The word for it: `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Trouble that the doctor has found, and what to do about it. `examine` of an `Admin` returns the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The name for findings of this sort, such as `schema-older`. It never changes.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found. It quotes no payload and no text of a query.
    pub what: String,
    /// What to do.
    pub what_to_do: String,
}

impl Finding {
    /// A finding of severity [`Error`](Severity::Error).
    pub fn error(code: &'static str, what: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, what: what.into(), what_to_do: what_to_do.into() }
    }

    /// A finding of severity [`Warning`](Severity::Warning).
    pub fn warning(code: &'static str, what: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, what, what_to_do) }
    }

    /// The finding for a pooler between the queue and the server, if the queue was built without `pgbouncer(true)`.
    pub fn pooler(what: impl Into<String>) -> Self {
        Self::error(
            "pooler",
            what,
            "build the queue with `pgbouncer(true)` (the command: --pgbouncer), or connect to the server itself",
        )
    }
}

/// Collects what a list of checks has found. For the `examine` of a store.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    /// The checks that were refused, and why the first one was.
    refused: Vec<&'static str>,
    reason: Option<String>,
}

impl Findings {
    /// Adds the outcome of the check of this name. A check that the store refused becomes a finding at the end, and one
    /// that it does not offer is left out.
    ///
    /// # Errors
    /// The error of a check that could not reach the store.
    pub fn add(
        &mut self,
        check: &'static str,
        outcome: Result<Vec<Finding>, StoreError>,
    ) -> Result<(), StoreError> {
        match outcome {
            Ok(found) => self.found.extend(found),
            Err(StoreError::NotOffered { .. }) => {}
            Err(error) if error.is_refusal() => {
                self.refused.push(check);
                self.reason.get_or_insert_with(|| error.to_string());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The findings, the worst first.
    pub fn into_vec(self) -> Vec<Finding> {
        let Self { mut found, refused, reason } = self;
        found.extend(reason.map(|reason| {
            Finding::warning(
                "not-checked",
                format!(
                    "these checks could not look: {}; the first because of: {reason}",
                    refused.join(", ")
                ),
                "grant the rights that are missing, or look again as another role",
            )
        }));
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_checks_become_one_finding_and_an_unreachable_store_an_error() {
        let mut findings = Findings::default();
        for check in ["rights", "crons"] {
            findings.add(check, Err(StoreError::from_sqlstate("42501", "denied".into()))).unwrap();
        }
        findings.add("turn", Err(StoreError::NotOffered { verb: "turn" })).unwrap();
        findings.add("late", Ok(vec![Finding::error("cron-late", "x", "y")])).unwrap();
        assert!(findings.add("away", Err(StoreError::unreachable("gone".into()))).is_err());
        let found = findings.into_vec();
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["cron-late", "not-checked"]);
        assert!(found[1].what.contains("rights, crons; the first because of:"), "{}", found[1].what);
    }
}
