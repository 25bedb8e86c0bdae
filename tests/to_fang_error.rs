//! What a derived conversion says, for each shape of error.

use fang::{FangError, ToFangError};
use std::fmt::Debug;

#[derive(Debug, ToFangError)]
#[allow(dead_code, reason = "read by Debug alone")]
enum MailError {
    Refused { code: u16 },
    Address(String),
    Timeout,
}

#[derive(Debug, ToFangError)]
#[allow(dead_code, reason = "read by Debug alone")]
struct Wrapped<'a, T: Send = u8, const N: usize = 1>(&'a [T; N])
where
    T: Sync;

#[derive(Debug, ToFangError)]
struct Nothing;

fn description(error: impl Into<FangError>) -> String {
    error.into().description
}

#[test]
fn an_enum_is_described_by_its_debug_text() {
    assert_eq!(description(MailError::Refused { code: 550 }), "Refused { code: 550 }");
    assert_eq!(description(MailError::Address("x@".into())), "Address(\"x@\")");
    assert_eq!(description(MailError::Timeout), "Timeout");
}

#[test]
fn a_struct_is_described_by_its_debug_text() {
    assert_eq!(description(Nothing), "Nothing");
}

#[test]
fn a_generic_error_needs_debug_only_where_it_is_used() {
    fn convert<T: Send + Sync + Debug>(item: T) -> String {
        description(Wrapped(&[item]))
    }
    assert_eq!(convert(7), "Wrapped([7])");
}

#[test]
fn the_question_mark_converts() {
    fn run() -> Result<(), FangError> {
        Err(MailError::Timeout)?;
        Ok(())
    }
    assert_eq!(run(), Err(FangError { description: "Timeout".into() }));
}
