//! The place of a value in a payload.

use std::fmt;

/// The longest name that is shown, in bytes.
const LONGEST: usize = 64;

/// The most steps that are shown.
const DEEPEST: usize = 16;

/// The way into a list or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value of this key.
    Key(String),
    /// The item of this number, from 0.
    Item(usize),
}

/// The place of a value: `user.tags[2]`. A key that does not look like the name of a field is data of the payload, and is
/// shown as `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same place, seen from outside of a list or an object.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }
}

fn is_name(key: &str) -> bool {
    let begins = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && key.len() <= LONGEST && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().take(DEEPEST).enumerate() {
            let dot = if index > 0 { "." } else { "" };
            match step {
                Step::Key(key) if is_name(key) => write!(f, "{dot}{key}")?,
                Step::Key(_) => write!(f, "{dot}?")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        if self.0.len() > DEEPEST { f.write_str("...") } else { Ok(()) }
    }
}
