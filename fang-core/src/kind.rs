//! From the payload of a row back to the struct.

use crate::error::QueueError;
use serde::Deserialize;
use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::iter;

/// Why a payload did not become a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// Nothing of this name is registered in this program: another version may know it.
    UnknownKind(String),
    /// The pool does not run tasks of this kind: another pool may.
    NotAllowed(String),
    /// It can never be decoded by this program; the reason does not quote the payload.
    Malformed(String),
}

/// Reads the JSON of a payload as the registered struct that its `type` names.
///
/// `R` is the trait object: `dyn Runnable` or `dyn AsyncRunnable`.
///
/// # Errors
/// [`Undecodable`], by whether another program might be able to run it.
pub fn decode<R: ?Sized>(metadata: &str) -> Result<Box<R>, Undecodable>
where
    Box<R>: DeserializeOwned,
{
    serde_json::from_str(metadata).map_err(|error| explain::<R>(metadata, &error))
}

/// The kind that a payload names.
pub fn name(metadata: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    serde_json::from_str::<Tag<'_>>(metadata).ok().map(|tag| tag.kind)
}

/// Whether a kind is registered for `R`.
pub fn is_registered<R: ?Sized>(kind: &str) -> bool
where
    Box<R>: DeserializeOwned,
{
    !matches!(look_up::<R>(kind), Err(Probe::UnknownKind(_)))
}

/// One look-up in the registry of typetag, without a payload.
fn look_up<R: ?Sized>(kind: &str) -> Result<Box<R>, Probe>
where
    Box<R>: DeserializeOwned,
{
    let tag = iter::once(("type", StrDeserializer::<Probe>::new(kind)));
    <Box<R>>::deserialize(MapDeserializer::new(tag))
}

/// The kinds that a pool runs.
#[derive(Clone, Debug, Default)]
pub struct Kinds(Option<HashSet<String>>);

impl Kinds {
    /// Adds a kind. Before the first, all are allowed.
    pub fn allow(&mut self, kind: impl Into<String>) {
        self.0.get_or_insert_default().insert(kind.into());
    }

    /// As the function [`decode`], for kinds that are allowed.
    ///
    /// # Errors
    /// [`Undecodable`], as `decode`, or because the kind is not allowed.
    pub fn decode<R: ?Sized>(&self, metadata: &str) -> Result<Box<R>, Undecodable>
    where
        Box<R>: DeserializeOwned,
    {
        if let (Some(allowed), Some(kind)) = (&self.0, name(metadata))
            && !allowed.contains(kind.as_ref())
        {
            return Err(Undecodable::NotAllowed(kind.into_owned()));
        }
        decode(metadata)
    }
}

/// Checks that no two kinds of tasks are registered under the same name: none of them would run.
///
/// # Errors
/// [`QueueError::SameKind`] with the first such name.
pub fn check_names<R: ?Sized>() -> Result<(), QueueError>
where
    Box<R>: DeserializeOwned,
{
    // The registry tells its names, in order, only to those who ask for one that it does not have.
    let Err(Probe::UnknownKind(names)) = look_up::<R>("\0") else { return Ok(()) };
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(QueueError::SameKind { kind: pair[0].to_owned() }),
        None => Ok(()),
    }
}

fn explain<R: ?Sized>(metadata: &str, error: &serde_json::Error) -> Undecodable
where
    Box<R>: DeserializeOwned,
{
    match name(metadata) {
        Some(kind) if !is_registered::<R>(&kind) => Undecodable::UnknownKind(kind.into_owned()),
        Some(kind) => Undecodable::Malformed(format!("{kind}: {}", without_values(error))),
        None => {
            Undecodable::Malformed(format!("the payload names no kind in `type`: {}", without_values(error)))
        }
    }
}

/// serde_json's message may quote a value of the payload between backticks or quotes; keep its
/// category and position only, unless it merely names a field.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_fields_only = ["missing field", "duplicate field", "unknown field", "recursion limit"]
        .iter()
        .any(|start| text.starts_with(start));
    if names_fields_only {
        return text;
    }
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

/// An error that only remembers whether the registry knew the name, and else all names it knows.
#[derive(Debug)]
enum Probe {
    UnknownKind(&'static [&'static str]),
    Other,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Probe {}

impl Error for Probe {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn unknown_variant(_: &str, names: &'static [&'static str]) -> Self {
        Self::UnknownKind(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AsyncQueueable, AsyncRunnable, FangError};
    use serde::Serialize;

    #[derive(Serialize, Deserialize)]
    struct Known {
        number: u16,
    }

    #[typetag::serde]
    #[async_trait::async_trait]
    impl AsyncRunnable for Known {
        async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
            Ok(())
        }

        fn task_type(&self) -> String {
            self.number.to_string()
        }
    }

    fn error(metadata: &str) -> Undecodable {
        decode::<dyn AsyncRunnable>(metadata).err().unwrap()
    }

    #[test]
    fn a_registered_kind_is_decoded_wherever_its_tag_stands() {
        for json in [r#"{"type":"Known","number":7}"#, r#"{"number":7,"type":"Known"}"#] {
            assert_eq!(decode::<dyn AsyncRunnable>(json).unwrap().task_type(), "7");
        }
    }

    #[test]
    fn an_unknown_kind_is_told_from_a_malformed_payload() {
        assert_eq!(
            error(r#"{"type":"FromTheFuture","x":1}"#),
            Undecodable::UnknownKind("FromTheFuture".into())
        );
        assert!(matches!(error(r#"{"type":"Known"}"#), Undecodable::Malformed(_)));
        assert!(matches!(error(r#"{"number":1}"#), Undecodable::Malformed(_)));
        assert!(matches!(error("[]"), Undecodable::Malformed(_)));
    }

    #[test]
    fn a_kind_that_is_not_allowed_is_not_decoded() {
        let known = r#"{"type":"Known","number":7}"#;
        let mut kinds = Kinds::default();
        assert!(kinds.decode::<dyn AsyncRunnable>(known).is_ok());
        kinds.allow("Other");
        let refused = kinds.decode::<dyn AsyncRunnable>(known).err();
        assert_eq!(refused, Some(Undecodable::NotAllowed("Known".into())));
        kinds.allow("Known");
        assert!(kinds.decode::<dyn AsyncRunnable>(known).is_ok());
    }

    #[test]
    fn names_that_differ_are_fine() {
        assert!(check_names::<dyn AsyncRunnable>().is_ok());
    }

    #[test]
    fn the_reason_never_quotes_the_payload() {
        let Undecodable::Malformed(reason) = error(r#"{"type":"Known","number":"hunter2"}"#) else {
            panic!("it should be malformed");
        };
        assert!(!reason.contains("hunter2"), "{reason}");
        assert!(reason.contains("Known"), "{reason}");
    }

    #[test]
    fn nesting_too_deep_is_malformed_not_a_stack_overflow() {
        let deep = format!(r#"{{"type":"Known","number":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(matches!(error(&deep), Undecodable::Malformed(_)));
    }
}
