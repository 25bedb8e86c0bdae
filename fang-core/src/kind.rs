//! Decoding of payloads: from the JSON of a row to the struct.

mod fault;
mod tag;
mod traced;

use crate::declaration::{Declaration, after_failure, aliases, is_first_version};
use crate::error::QueueError;
use crate::payload::{self, Path, TAG, shown};
use crate::runnable::{AsyncRunnable, Runnable};
use crate::task::Mode;
use crate::version;
use fault::Fault;
use serde::Deserialize;
use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error};
use serde_json::Value;
use std::any::TypeId;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::iter;
use std::time::Duration;

/// Why a payload could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// No struct of this name is registered in this program. Another version of it may have one.
    UnknownKind(String),
    /// The pool does not run tasks of this kind. Another pool may.
    NotAllowed(String),
    /// A field is missing, or an enum has no such variant. A newer version of this program may have written it.
    Newer(Misfit),
    /// This program can never decode it.
    Malformed(Misfit),
}

/// The place at which a payload does not fit its struct. It never quotes a value of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The kind.
    pub kind: String,
    /// The path of the field, in backticks, or words for the whole payload. A key that does not look like the name
    /// of a field is shown as `?`.
    pub field: String,
    /// The reason.
    pub reason: String,
}

impl Misfit {
    fn of_newer_version(kind: String) -> Self {
        let field = format!("`{}`", version::FIELD);
        Self { kind, field, reason: Fault::OF_NEWER_VERSION.to_owned() }
    }

    /// Whether the payload says itself that a newer version of the program wrote it.
    pub(crate) fn is_of_newer_version(&self) -> bool {
        self.reason == Fault::OF_NEWER_VERSION
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, at {}", self.kind, self.reason, self.field)
    }
}

/// Decodes the JSON of a payload to the registered struct that its `type` names.
///
/// `R` is the trait object: `dyn Runnable` or `dyn AsyncRunnable`.
///
/// # Errors
/// [`Undecodable`], which says whether another program may be able to run the task.
pub fn decode<R: ?Sized + 'static>(metadata: &str) -> Result<Box<R>, Undecodable>
where
    Box<R>: DeserializeOwned,
{
    let Some((kind, json)) = tag::first(metadata) else { return Err(without_kind(metadata)) };
    if is_of_later_version::<R>(&kind, &json) {
        return Err(Undecodable::Newer(Misfit::of_newer_version(kind.into_owned())));
    }
    serde_json::from_str(&json).or_else(|_| in_checked_order(&json).ok_or_else(|| explain::<R>(&json, &kind)))
}

/// Decodes a payload whose keys come in another order than the insert checked.
fn in_checked_order<R: ?Sized>(json: &str) -> Option<Box<R>>
where
    Box<R>: DeserializeOwned,
{
    serde_json::from_str(&payload::reordered(json)?).ok()
}

/// Whether a payload has a version that its kind does not have in this program, which would read it without noticing.
fn is_of_later_version<R: ?Sized + 'static>(kind: &str, json: &str) -> bool {
    json.contains(r#""version":"#)
        && is_first_version(kind, mode_of::<R>())
        && version::saved(json) > version::FIRST
}

/// The mode of the tasks of a trait.
fn mode_of<R: ?Sized + 'static>() -> Mode {
    let is_async = TypeId::of::<R>() == TypeId::of::<dyn AsyncRunnable>();
    if is_async { Mode::Asynk } else { Mode::Blocking }
}

/// The longest kind, in bytes. An insert refuses a longer one.
pub const MAX_BYTES: usize = 255;

/// The kind as logs, events and errors show it. Rows that no queue of this library saved may have a longer one, of
/// which this is the begin.
pub fn shown_name(kind: &str) -> &str {
    kind.get(..kind.floor_char_boundary(MAX_BYTES)).unwrap_or_default()
}

/// The kind in a payload.
pub fn name(metadata: &str) -> Option<Cow<'_, str>> {
    tag::read(metadata).map(|(kind, _)| kind)
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
    let tag = iter::once((TAG, StrDeserializer::<Probe>::new(kind)));
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
    pub fn decode<R: ?Sized + 'static>(&self, metadata: &str) -> Result<Box<R>, Undecodable>
    where
        Box<R>: DeserializeOwned,
    {
        if self.allowed.is_some()
            && let Some(kind) = name(metadata)
            && !self.allows(&kind)
        {
            return Err(Undecodable::NotAllowed(shown_name(&kind).to_owned()));
        }
        decode(metadata)
    }

    /// How often the task of this payload may be retried, and how long it waits after so many retries, as far as its kind
    /// alone says. For one that cannot be decoded. `None` if `#[fang::task]` did not declare the kind. `random` is a number
    /// from 0 to 1. Calls code of the application, which may panic.
    pub fn after_failure<R: ?Sized + 'static>(
        &self,
        metadata: &str,
        retries: u32,
        random: f64,
    ) -> Option<(i32, Duration)> {
        after_failure(self, (&*name(metadata)?, mode_of::<R>()), retries, random)
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
    match names::<R>().windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(QueueError::SameKind { kind: pair[0].to_owned() }),
        None => Ok(()),
    }
}

/// The names of all kinds of this program, in either mode.
pub fn all_names() -> Vec<&'static str> {
    [names::<dyn AsyncRunnable>(), names::<dyn Runnable>()].concat()
}

/// Whether two kinds have this name.
pub(crate) fn is_shared<R: ?Sized>(kind: &str) -> bool
where
    Box<R>: DeserializeOwned,
{
    names::<R>().iter().filter(|name| **name == kind).count() > 1
}

/// The names of all kinds, sorted.
fn names<R: ?Sized>() -> &'static [&'static str]
where
    Box<R>: DeserializeOwned,
{
    // typetag lists them only in the error for an unknown one.
    match look_up::<R>("\0") {
        Err(Probe::UnknownKind(names)) => names,
        _ => &[],
    }
}

fn without_kind(metadata: &str) -> Undecodable {
    let reason = syntax_error(metadata).unwrap_or_else(|| "it names no kind".to_owned());
    Undecodable::Malformed(Misfit { kind: "a task".to_owned(), field: format!("`{TAG}`"), reason })
}

/// Why JSON of this kind could not be decoded.
pub(crate) fn explain<R: ?Sized>(json: &str, kind: &str) -> Undecodable
where
    Box<R>: DeserializeOwned,
{
    if !is_registered::<R>(kind) {
        return Undecodable::UnknownKind(shown_name(kind).to_owned());
    }
    let (path, fault) = traced::fault::<Box<R>>(json).unwrap_or((Path::default(), Fault::Refused));
    let may_be_newer = fault.may_be_newer();
    let reason = syntax_error(json).unwrap_or_else(|| fault.reason());
    let misfit = Misfit { kind: kind.to_owned(), field: shown(&path), reason };
    if may_be_newer { Undecodable::Newer(misfit) } else { Undecodable::Malformed(misfit) }
}

/// What a type says of a payload that a newer version of the program wrote.
pub(crate) fn newer() -> impl fmt::Display {
    Fault::NewerVersion
}

/// The error of JSON that no type can be decoded from: it is not valid, a number is out of range, or it is nested too
/// deeply. Only such an error of serde_json surely quotes nothing.
fn syntax_error(json: &str) -> Option<String> {
    serde_json::from_str::<Value>(json).err().map(|error| error.to_string())
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
mod tests;
