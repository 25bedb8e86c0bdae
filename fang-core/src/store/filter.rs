use super::walk::Walk;
use crate::payload::contains;
use crate::task::{FangTaskState, Priority, Task};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// The tasks to list, count or change. All conditions must hold. `Filter::default()` matches all tasks, and lists the
/// 100 newest ones.
///
/// An index finds three groups of tasks: those in progress, those that have ended (failed or finished), and the waiting
/// tasks of one task type, or of one priority of it. All other conditions are checked task by task, for at most
/// [`MAX_LOOK`](super::MAX_LOOK) tasks on each page.
///
/// ```
/// use fang_core::FangTaskState;
/// use fang_core::store::Filter;
/// use serde_json::json;
/// use std::time::Duration;
/// let lost_mails = Filter {
///     state: Some(FangTaskState::Failed),
///     kind: Some("SendMail".to_string()),
///     error: Some("connection refused".to_string()),
///     newer_than: Some(Duration::from_secs(3600)),
///     ..Filter::payload_at("user.id", json!(7))
/// };
/// assert_eq!(lost_mails.payload, Some(json!({ "user": { "id": 7 } })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only tasks in this state. Defaults to any.
    pub state: Option<FangTaskState>,
    /// Only tasks that wait: those that are [`New`](FangTaskState::New) or [`Retried`](FangTaskState::Retried).
    /// Defaults to `false`.
    pub waiting: bool,
    /// Only tasks of this task type. Defaults to any.
    pub task_type: Option<String>,
    /// Only tasks of this kind: the name of the struct or function. Defaults to any.
    pub kind: Option<String>,
    /// Only tasks with this tag. Defaults to any.
    pub tag: Option<String>,
    /// Only tasks of this priority. Defaults to any.
    pub priority: Option<Priority>,
    /// Only tasks that were inserted at least this long ago, by the clock of the store. Defaults to any.
    pub older_than: Option<Duration>,
    /// Only tasks that were inserted less than this long ago, by the clock of the store. Defaults to any.
    pub newer_than: Option<Duration>,
    /// Only tasks whose payload contains this JSON, as the operator `@>` of Postgres has it: an object contains its
    /// fields, an array contains its elements in any order. Defaults to any. See [`payload_at`](Self::payload_at).
    pub payload: Option<Value>,
    /// Only tasks whose last error contains this text, in upper or lower case. Defaults to any.
    pub error: Option<String>,
    /// At most this many tasks. Defaults to 100.
    pub limit: u32,
    /// Only tasks older than the task with this id. For the next page of a list, set it to the id of the last task of
    /// this page. Defaults to `None`: the list begins with the newest task.
    pub before: Option<Uuid>,
    /// Only tasks whose rows have not changed since this instant, by the clock of the store. A count and a later change
    /// with the same instant concern the same tasks. Ages of tasks are then those at this instant. Defaults to `None`.
    pub unchanged_since: Option<DateTime<Utc>>,
    /// Leaves the payloads out: of each, only the kind is returned. Defaults to `false`.
    pub without_payload: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            state: None,
            waiting: false,
            task_type: None,
            kind: None,
            tag: None,
            priority: None,
            older_than: None,
            newer_than: None,
            payload: None,
            error: None,
            limit: 100,
            before: None,
            unchanged_since: None,
            without_payload: false,
        }
    }
}

impl Filter {
    /// The tasks whose payload has this value at this path, a list of field names with points between them: `user.id`.
    pub fn payload_at(path: &str, value: Value) -> Self {
        let nested = path
            .rsplit('.')
            .fold(value, |value, name| Value::Object([(name.to_owned(), value)].into_iter().collect()));
        Self { payload: Some(nested), ..Self::default() }
    }

    /// The tasks in this state.
    pub fn in_state(state: FangTaskState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }

    /// Whether a task matches, at this instant of the store's clock. For the authors of stores.
    pub fn matches(&self, task: &Task, now: DateTime<Utc>) -> bool {
        let now = self.unchanged_since.map_or(now, |at| at.min(now));
        let age = || (now - task.created_at).to_std().unwrap_or_default();
        let is_new = || now < task.created_at;
        self.matches_state(task.state)
            && is_any_or(self.task_type.as_ref(), |task_type| task.task_type == *task_type)
            && is_any_or(self.tag.as_ref(), |tag| task.tags.contains(tag))
            && is_any_or(self.priority, |priority| task.priority == priority)
            && is_any_or(self.kind.as_deref(), |kind| task.kind() == Some(kind))
            && is_any_or(self.before, |before| task.id < before)
            && is_any_or(self.unchanged_since, |at| task.updated_at <= at)
            && is_any_or(self.older_than, |span| !is_new() && age() >= span)
            && is_any_or(self.newer_than, |span| is_new() || age() < span)
            && is_any_or(self.error.as_deref(), |text| has_error(task, text))
            && is_any_or(self.payload.as_ref(), |part| contains(&task.metadata, part))
    }

    /// Whether tasks in this state can match.
    pub fn matches_state(&self, state: FangTaskState) -> bool {
        self.state.is_none_or(|wanted| state == wanted) && (!self.waiting || state.is_waiting())
    }

    /// Whether tasks of no state match.
    pub(super) fn is_impossible(&self) -> bool {
        !FangTaskState::ALL.into_iter().any(|state| self.matches_state(state))
    }

    /// The order in which the pages of this filter come. For the authors of stores.
    pub fn walk(&self) -> Walk {
        let matches = |state| self.matches_state(state);
        let is_only = |wanted: fn(FangTaskState) -> bool| {
            FangTaskState::ALL.into_iter().all(|state| wanted(state) || !matches(state))
        };
        match self {
            filter if filter.is_impossible() => Walk::Newest,
            _ if is_only(|state| state == FangTaskState::InProgress) => Walk::Running,
            _ if is_only(|state| !state.is_alive()) => Walk::Ended,
            Self { task_type: Some(_), .. } if is_only(FangTaskState::is_waiting) => Walk::Ready,
            _ => Walk::Newest,
        }
    }
}

fn is_any_or<T>(wanted: Option<T>, matches: impl FnOnce(T) -> bool) -> bool {
    wanted.is_none_or(matches)
}

fn has_error(task: &Task, text: &str) -> bool {
    let error = task.error_message.as_deref().map(str::to_lowercase);
    error.is_some_and(|error| error.contains(&text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_walks_along_the_index_of_its_states() {
        let of = |state| Filter::in_state(state);
        let mail = Some("mail".to_owned());
        assert_eq!(Filter::default().walk(), Walk::Newest);
        assert_eq!(of(FangTaskState::InProgress).walk(), Walk::Running);
        assert_eq!(of(FangTaskState::Failed).walk(), Walk::Ended);
        assert_eq!(of(FangTaskState::New).walk(), Walk::Newest);
        assert_eq!(Filter { task_type: mail.clone(), ..of(FangTaskState::New) }.walk(), Walk::Ready);
        assert_eq!(Filter { task_type: mail, waiting: true, ..Filter::default() }.walk(), Walk::Ready);
        assert_eq!(Filter { waiting: true, ..of(FangTaskState::Failed) }.walk(), Walk::Newest);
    }
}
