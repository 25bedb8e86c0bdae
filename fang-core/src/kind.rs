//! Decoding of payloads: from the JSON of a row to the struct.

use crate::declaration::{Declaration, aliases};
use crate::error::QueueError;
use crate::version;
use serde::Deserialize;
use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::iter;

/// Why a payload could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// No struct of this name is registered in this program. Another version of it may have one.
    UnknownKind(String),
    /// The pool does not run tasks of this kind. Another pool may.
    NotAllowed(String),
    /// This program can never decode it. The reason does not quote the payload.
    Malformed(String),
}

/// Decodes the JSON of a payload to the registered struct that its `type` names.
///
/// `R` is the trait object: `dyn Runnable` or `dyn AsyncRunnable`.
///
/// # Errors
/// [`Undecodable`], which says whether another program may be able to run the task.
pub fn decode<R: ?Sized>(metadata: &str) -> Result<Box<R>, Undecodable>
where
    Box<R>: DeserializeOwned,
{
    serde_json::from_str(metadata).map_err(|error| explain::<R>(metadata, &error))
}

/// The kind in a payload.
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

/// Looks a kind up in the registry of typetag, without a payload.
fn look_up<R: ?Sized>(kind: &str) -> Result<Box<R>, Probe>
where
    Box<R>: DeserializeOwned,
{
    let tag = iter::once(("type", StrDeserializer::<Probe>::new(kind)));
    <Box<R>>::deserialize(MapDeserializer::new(tag))
}

/// The kinds that a pool runs. Defaults to all.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    allowed: Option<HashSet<String>>,
    registered: Vec<Declaration>,
}

impl Kinds {
    /// Allows a kind, and the names that it had before. After the first call, only the kinds named are allowed.
    pub fn allow(&mut self, kind: impl Into<String>) {
        let kind = kind.into();
        let allowed = self.allowed.get_or_insert_default();
        allowed.extend(aliases(&kind).map(str::to_owned));
        allowed.insert(kind);
    }

    /// Whether a kind is allowed.
    pub(crate) fn allows(&self, kind: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(kind))
    }

    /// Names a kind that the program knows, whether or not it is allowed.
    pub fn register(&mut self, kind: Declaration) {
        self.registered.push(kind);
    }

    /// The kinds that were named so.
    pub(crate) fn registered(&self) -> &[Declaration] {
        &self.registered
    }

    /// Decodes a payload as the function [`decode`] does, if its kind is allowed.
    ///
    /// # Errors
    /// [`Undecodable`], as `decode`, or [`NotAllowed`](Undecodable::NotAllowed).
    pub fn decode<R: ?Sized>(&self, metadata: &str) -> Result<Box<R>, Undecodable>
    where
        Box<R>: DeserializeOwned,
    {
        if self.allowed.is_some()
            && let Some(kind) = name(metadata)
            && !self.allows(&kind)
        {
            return Err(Undecodable::NotAllowed(kind.into_owned()));
        }
        decode(metadata)
    }
}

/// Checks that all kinds of tasks have names of their own. Kinds of the same name would never run.
///
/// # Errors
/// [`QueueError::SameKind`] with the first name that two kinds share.
pub fn check_names<R: ?Sized>() -> Result<(), QueueError>
where
    Box<R>: DeserializeOwned,
{
    // typetag lists its names, sorted, only in the error for an unknown one.
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
        // A newer program knows it, as it knows a kind that is unknown here.
        Some(kind) if error.to_string().starts_with(version::NEWER) => {
            Undecodable::UnknownKind(kind.into_owned())
        }
        Some(kind) => Undecodable::Malformed(format!("{kind}: {}", without_values(error))),
        None => {
            Undecodable::Malformed(format!("the payload names no kind in `type`: {}", without_values(error)))
        }
    }
}

/// The messages of serde_json may quote values of the payload, so only category and position are kept, unless
/// the message names just a field.
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

/// An error that keeps only whether typetag knew the name, and the names that it knows if not.
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
