//! The answer of a command, and how it is printed. No other file prints to the standard output.

use crate::failure::Failure;
use serde::Serialize;
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// The answer of a command, in both forms.
#[derive(Debug)]
pub(crate) struct Answer {
    json: Value,
    plain: String,
}

impl Answer {
    /// An answer with these fields for programs, and this text for people.
    pub(crate) fn new(json: impl Serialize, plain: impl Into<String>) -> Result<Self, Failure> {
        let json = serde_json::to_value(json).map_err(|error| Failure::new(format!("no JSON: {error}")))?;
        Ok(Self { json, plain: plain.into() })
    }

    /// Prints it, and succeeds. A reader that has read enough, such as `head`, is no failure.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        let text = if json { self.json.to_string() } else { self.plain.clone() };
        match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Failure::new(format!("the answer cannot be written: {error}")).tell()
            }
            _ => ExitCode::SUCCESS,
        }
    }
}
