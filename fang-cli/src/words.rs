//! Arguments that are one of some words.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use fang_core::operator::{Names, named};

/// Reads one of these names.
pub(crate) fn one_of<T: Copy + Send + Sync + 'static>(names: Names<T>) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names.iter().map(|(name, _)| *name))
        .try_map(move |given| named(names, &given).ok_or("there is no such value"))
}
