use crate::value::{Instant, Value};
use fang_core::FangTaskState;
use fang_core::store::{Filter, micros};
use uuid::Uuid;

/// The parameters of `matches.sql`, which come first in each statement that looks for tasks.
pub(crate) struct FilterColumns<'f> {
    filter: &'f Filter,
    states: Option<Vec<&'static str>>,
    older_than: Option<i64>,
    newer_than: Option<i64>,
    payload: Option<String>,
    unchanged_since: Option<Instant>,
    before: Option<Uuid>,
    priority: Option<i16>,
}

impl<'f> FilterColumns<'f> {
    /// Of the tasks in those states of the filter that `may_be` takes.
    pub(crate) fn new(filter: &'f Filter, may_be: impl Fn(FangTaskState) -> bool) -> Self {
        let states = FangTaskState::ALL.into_iter();
        let states: Vec<_> = states.filter(|state| filter.matches_state(*state) && may_be(*state)).collect();
        let is_any = states.len() == FangTaskState::ALL.len();
        Self {
            filter,
            states: (!is_any).then(|| states.into_iter().map(FangTaskState::as_str).collect()),
            older_than: filter.older_than.map(micros),
            newer_than: filter.newer_than.map(micros),
            payload: filter.payload.as_ref().map(ToString::to_string),
            unchanged_since: filter.unchanged_since.map(|at| Instant(at.into())),
            before: filter.before,
            priority: filter.priority.map(|priority| priority as i16),
        }
    }

    /// Leaves out tasks that have changed since this instant, or since that of the filter if it is earlier.
    pub(crate) fn unchanged_since(self, at: Instant) -> Self {
        let earlier = self.unchanged_since.filter(|own| own.0 < at.0);
        Self { unchanged_since: Some(earlier.unwrap_or(at)), ..self }
    }

    /// These parameters, and then others.
    pub(crate) fn and<'a>(&'a self, others: &[&'a dyn Value]) -> Vec<&'a dyn Value> {
        let mut all: Vec<&'a dyn Value> = vec![
            &self.filter.task_type,
            &self.states,
            &self.filter.tag,
            &self.filter.kind,
            &self.older_than,
            &self.newer_than,
            &self.filter.error,
            &self.payload,
            &self.unchanged_since,
            &self.before,
            &self.priority,
        ];
        all.extend_from_slice(others);
        all
    }
}
