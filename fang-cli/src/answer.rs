//! The answer of a command, and how it is printed. Only `fang top` prints by itself, again and again.

use crate::failure::Failure;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// The answer of a command, in both forms.
#[derive(Debug)]
pub(crate) struct Answer {
    /// A text, since a value would keep only some digits of large numbers.
    json: String,
    plain: String,
    has_findings: bool,
    is_printed: bool,
}

impl Answer {
    /// An answer with these fields for programs, and this text for people.
    pub(crate) fn new(json: impl Serialize, plain: impl Into<String>) -> Result<Self, Failure> {
        let json = serde_json::to_string(&json).map_err(|error| Failure::new(format!("no JSON: {error}")))?;
        Ok(Self { json, plain: plain.into(), has_findings: false, is_printed: false })
    }

    /// No answer: all is printed already.
    pub(crate) fn none() -> Self {
        Self { json: String::new(), plain: String::new(), has_findings: false, is_printed: true }
    }

    /// The same answer with exit code 1: something needs attention.
    pub(crate) fn with_findings(self) -> Self {
        Self { has_findings: true, ..self }
    }

    /// Prints it, and succeeds unless it has findings. A reader that has read enough, such as `head`, is no failure.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        if self.is_printed {
            return ExitCode::SUCCESS;
        }
        let text = if json { self.json.clone() } else { self.plain.clone() };
        match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Failure::new(format!("the answer cannot be written: {error}")).tell()
            }
            _ => ExitCode::from(u8::from(self.has_findings)),
        }
    }
}
