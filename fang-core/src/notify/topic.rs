//! The topics of notifications, and their payloads on the channel of the database.

use super::burst::Notice;
use crate::store::WorkerId;
use std::borrow::Cow;

/// The topic of a notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic<'a> {
    /// There are tasks of this type to claim.
    TaskType(Cow<'a, str>),
    /// A cron was added or changed.
    Crons,
    /// Tasks came back to the ready index, at places that later claims may pass by.
    CameBack,
    /// A task that runs on this worker was cancelled.
    Cancelled(WorkerId),
    /// The pool listens again after its connection was lost. The server may have crashed, and with
    /// `synchronous_commit = off` it has then lost the last results. The pool releases the tasks that the
    /// server still counts as claimed by it. Never sent over the channel.
    ListensAnew,
}

/// Prefix of a task type with a [single](Notice::Single) notice. A task type without a prefix begins a burst,
/// since applications that send notifications themselves do not know of the prefix.
const SINGLE: char = '\u{1}';

/// Prefix of all topics other than task types.
const OTHER: char = '\u{2}';

const CRONS: &str = "\u{2}crons";
const CAME_BACK: &str = "\u{2}came back";
const LISTENS_ANEW: &str = "\u{2}listens anew";
const CANCELLED: &str = "\u{2}cancelled ";

impl<'a> Topic<'a> {
    /// The topic of a task type.
    pub fn task_type(name: &'a str) -> Self {
        Self::TaskType(Cow::Borrowed(name))
    }

    /// The same topic, with an owned name.
    pub fn into_owned(self) -> Topic<'static> {
        match self {
            Self::TaskType(name) => Topic::TaskType(Cow::Owned(name.into_owned())),
            Self::Crons => Topic::Crons,
            Self::CameBack => Topic::CameBack,
            Self::Cancelled(worker) => Topic::Cancelled(worker),
            Self::ListensAnew => Topic::ListensAnew,
        }
    }

    /// The payload on the channel. A burst of a task type that looks like another payload is sent as single.
    pub fn payload(&self, notice: Notice) -> Cow<'_, str> {
        match self {
            Self::TaskType(name) if notice == Notice::Burst && !name.starts_with([SINGLE, OTHER]) => {
                Cow::Borrowed(name)
            }
            Self::TaskType(name) => Cow::Owned(format!("{SINGLE}{name}")),
            Self::Crons => Cow::Borrowed(CRONS),
            Self::CameBack => Cow::Borrowed(CAME_BACK),
            Self::Cancelled(worker) => Cow::Owned(format!("{CANCELLED}{worker}")),
            Self::ListensAnew => Cow::Borrowed(LISTENS_ANEW),
        }
    }

    /// Reads a payload. One of an unknown form is a task type, which only pools of that type listen for.
    pub fn read(payload: &'a str) -> (Self, Notice) {
        let other = match payload {
            CRONS => Some(Self::Crons),
            CAME_BACK => Some(Self::CameBack),
            LISTENS_ANEW => Some(Self::ListensAnew),
            _ => payload
                .strip_prefix(CANCELLED)
                .and_then(|id| id.parse().ok())
                .map(WorkerId)
                .map(Self::Cancelled),
        };
        match (other, payload.strip_prefix(SINGLE)) {
            (Some(topic), _) => (topic, Notice::Single),
            (None, Some(name)) => (Self::task_type(name), Notice::Single),
            (None, None) => (Self::task_type(payload), Notice::Burst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_as_the_topic_and_notice_that_were_sent() {
        for name in ["mail", "", "\u{1}mail", CRONS] {
            let topic = Topic::task_type(name);
            assert_eq!(Topic::read(&topic.payload(Notice::Single)), (topic.clone(), Notice::Single));
        }
        let mail = Topic::task_type("mail");
        assert_eq!(mail.payload(Notice::Burst), "mail");
        assert_eq!(Topic::read("mail"), (mail.clone(), Notice::Burst));
        for topic in [Topic::Crons, Topic::CameBack, Topic::Cancelled(WorkerId(17)), Topic::ListensAnew] {
            assert_eq!(Topic::read(&topic.payload(Notice::Burst)), (topic.clone(), Notice::Single));
        }
    }

    #[test]
    fn a_task_type_that_looks_like_another_payload_is_never_sent_as_that() {
        for name in ["\u{1}mail", CRONS, "\u{2}cancelled 17"] {
            let topic = Topic::task_type(name);
            assert_eq!(Topic::read(&topic.payload(Notice::Burst)), (topic.clone(), Notice::Single));
        }
        assert_eq!(Topic::read("\u{2}cancelled x").0, Topic::task_type("\u{2}cancelled x"));
    }
}
