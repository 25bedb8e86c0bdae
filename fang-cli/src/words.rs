//! The words for states, modes and priorities, in arguments and answers.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use fang_core::{FangTaskState, Mode, Priority};

/// The values of an argument, by their names.
type Names<T> = &'static [(&'static str, T)];

/// The states.
pub(crate) const STATES: Names<FangTaskState> = &[
    ("new", FangTaskState::New),
    ("retried", FangTaskState::Retried),
    ("in_progress", FangTaskState::InProgress),
    ("failed", FangTaskState::Failed),
    ("finished", FangTaskState::Finished),
];
/// The modes of tasks to insert.
pub(crate) const MODES: Names<Mode> = &[("async", Mode::Asynk), ("blocking", Mode::Blocking)];
/// The priorities.
pub(crate) const PRIORITIES: Names<Priority> = &[
    ("urgent", Priority::Urgent),
    ("high", Priority::High),
    ("normal", Priority::Normal),
    ("low", Priority::Low),
];

/// Reads one of these names.
pub(crate) fn one_of<T: Copy + Send + Sync + 'static>(names: Names<T>) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names.iter().map(|(name, _)| *name)).try_map(move |given| {
        names.iter().find(|(name, _)| *name == given).map(|(_, value)| *value).ok_or("there is no such value")
    })
}

/// The name of a mode.
pub(crate) fn mode(mode: Mode) -> &'static str {
    name(MODES, &mode).unwrap_or("any")
}

/// The name of a priority.
pub(crate) fn priority(priority: Priority) -> &'static str {
    name(PRIORITIES, &priority).unwrap_or("normal")
}

fn name<T: PartialEq>(names: Names<T>, wanted: &T) -> Option<&'static str> {
    names.iter().find(|(_, value)| value == wanted).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_name() {
        assert!(STATES.iter().all(|(name, state)| state.as_str() == *name));
        let priorities: Vec<_> = PRIORITIES.iter().map(|(_, priority)| *priority).collect();
        assert_eq!((priorities.as_slice(), priority(Priority::High)), (&Priority::ALL[..], "high"));
        assert_eq!([Mode::Any, Mode::Asynk, Mode::Blocking].map(mode), ["any", "async", "blocking"]);
    }
}
