//! The way of a payload through a store: what an insert checks, so that the task can run.

mod contains;
mod difference;
mod document;
mod number;
mod own_type;
mod path;
mod plain;
mod same;
#[cfg(test)]
mod tests;

pub(crate) use contains::contains;
pub use own_type::{OwnCheck, OwnType};
pub(crate) use path::{Path, Step};

use crate::error::PayloadError;
use crate::kind::{self, Misfit, Undecodable};
use crate::runnable::{AsyncRunnable, Runnable};
use crate::task::Mode;
use difference::difference;
use document::{Flaw, Node, read, unquoted};
use plain::Restored;
use same::Same;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The field that names the kind.
pub(crate) const TAG: &str = "type";

/// Where the JSON of a payload came from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// A struct of this mode was serialized. It must be the same after it was saved and decoded.
    Struct(Mode, OwnCheck),
    /// Another program made it, maybe from a struct that this one does not have.
    Text,
}

/// Checks that a store will return the payload as it is, and that it can be decoded then, if its kind is registered in
/// this program.
///
/// # Errors
/// [`PayloadError`] with the place in the payload.
pub(crate) fn check(json: &str, origin: Origin, mode: Mode) -> Result<(), PayloadError> {
    if matches!(origin, Origin::Text) {
        serde_json::from_str::<IgnoredAny>(json).map_err(|error| PayloadError::NotJson(Arc::new(error)))?;
    }
    plain::with(json, |plain| match plain {
        Some(Restored { kind, text }) => Text { json, kind, restored: text, origin }.comes_back_in(mode),
        None => check_tree(json, origin, mode),
    })
}

/// The check of a payload that the quick way does not take.
fn check_tree(json: &str, origin: Origin, mode: Mode) -> Result<(), PayloadError> {
    let document = read(json).map_err(|flaw| explain(json, flaw))?;
    let kind = kind_of(&document).ok_or(PayloadError::NoKind)?;
    let restored = document.as_restored(TAG, json.len());
    Text { json, kind: &kind, restored: &restored, origin }.comes_back_in(mode)
}

/// The payload with its keys in the order for which an insert checks it, and its numbers as jsonb prints them. Keys with other
/// characters than those of ASCII come in another order from a database whose encoding is not UTF-8, and a memory store
/// returns the text as it came. `None` if it is the same.
pub(crate) fn reordered(json: &str) -> Option<String> {
    let restored = read(json).ok()?.as_restored(TAG, json.len());
    (restored != json).then_some(restored)
}

fn explain(json: &str, flaw: Flaw) -> PayloadError {
    let kind = first_kind(json).unwrap_or("a task".to_owned());
    match flaw {
        Flaw::Twice(path) => PayloadError::DuplicateField { kind, field: shown(&path) },
        Flaw::TooDeep(path) => changed(&kind, &path, "lists and objects are nested too deeply"),
    }
}

/// The kind of a payload that may have the field twice: the first, which typetag writes.
fn first_kind(json: &str) -> Option<String> {
    match json.strip_prefix(r#"{"type":"#) {
        Some(rest) => serde_json::Deserializer::from_str(rest).into_iter().next()?.ok(),
        None => kind::name(json).map(Cow::into_owned),
    }
}

fn kind_of<'a>(document: &'a Node<'_>) -> Option<Cow<'a, str>> {
    let Node::Object(fields) = document else { return None };
    match fields.iter().find(|field| field.key == TAG)?.value {
        Node::Scalar(kind) if kind.starts_with('"') => Some(unquoted(kind)),
        _ => None,
    }
}

fn changed(kind: &str, path: &Path, reason: impl Into<String>) -> PayloadError {
    PayloadError::Changed { kind: kind.to_owned(), field: shown(path), reason: reason.into() }
}

/// The path, or the words for the whole payload.
pub(crate) fn shown(path: &Path) -> String {
    if path.is_empty() { "the payload itself".to_owned() } else { format!("`{path}`") }
}

struct Text<'a> {
    json: &'a str,
    kind: &'a str,
    /// The JSON as a store returns it.
    restored: &'a str,
    origin: Origin,
}

impl Text<'_> {
    fn comes_back_in(&self, mode: Mode) -> Result<(), PayloadError> {
        if self.kind.len() > kind::MAX_BYTES {
            return Err(PayloadError::KindLength { bytes: self.kind.len(), limit: kind::MAX_BYTES });
        }
        // Code of the application reads it.
        catch_unwind(AssertUnwindSafe(|| self.comes_back_in_mode(mode)))
            .unwrap_or_else(|_| Err(PayloadError::Panicked { kind: self.kind.to_owned() }))
    }

    fn comes_back_in_mode(&self, mode: Mode) -> Result<(), PayloadError> {
        if let Origin::Struct(of, check) = self.origin
            && of == mode
            && check.accepts(self.json, self.kind, self.restored)
        {
            return Ok(());
        }
        match mode {
            Mode::Asynk => self.comes_back::<dyn AsyncRunnable>(),
            Mode::Blocking => self.comes_back::<dyn Runnable>(),
            // A kind that one of the modes does not know passes there.
            Mode::Any => {
                self.comes_back::<dyn AsyncRunnable>().and_then(|()| self.comes_back::<dyn Runnable>())
            }
        }
    }

    fn comes_back<R: ?Sized + Serialize>(&self) -> Result<(), PayloadError>
    where
        Box<R>: DeserializeOwned,
    {
        let task = match serde_json::from_str::<Box<R>>(self.restored) {
            Ok(task) => task,
            Err(_) => return self.explain::<R>(),
        };
        if matches!(self.origin, Origin::Text) {
            return Ok(());
        }
        let mut same = Same::new(self.json);
        if serde_json::to_writer(&mut same, &*task).is_ok() && same.is_over() {
            return Ok(());
        }
        let decoded = serde_json::to_string(&*task)?;
        let document = read(self.json).map_err(|flaw| explain(self.json, flaw))?;
        let decoded = read(&decoded).map_err(|flaw| explain(self.json, flaw))?;
        match difference(&document, &decoded) {
            Some(path) => Err(changed(self.kind, &path, "it is decoded to another value")),
            None => Ok(()),
        }
    }

    /// A kind that this program cannot decode is one for another program. So is a kind of which it has two: its pools
    /// do not start, and say why.
    fn explain<R: ?Sized>(&self) -> Result<(), PayloadError>
    where
        Box<R>: DeserializeOwned,
    {
        if kind::is_shared::<R>(self.kind) {
            return Ok(());
        }
        match kind::explain::<R>(self.restored, self.kind) {
            Undecodable::UnknownKind(_) | Undecodable::NotAllowed(_) => Ok(()),
            // It waits for the program that wrote it.
            Undecodable::Newer(misfit) if misfit.is_of_newer_version() => Ok(()),
            Undecodable::Newer(Misfit { kind, field, reason })
            | Undecodable::Malformed(Misfit { kind, field, reason }) => {
                Err(PayloadError::Changed { kind, field, reason })
            }
        }
    }
}
