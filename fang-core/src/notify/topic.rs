//! Topics of notifications, and how they are written on the channel of the database.

use super::burst::Notice;
use crate::store::{WorkerId, micros};
use std::borrow::Cow;
use std::time::Duration;

/// The topic of a notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic<'a> {
    /// Tasks of this type are ready to be claimed.
    TaskType(Cow<'a, str>),
    /// A cron was added or changed.
    Crons,
    /// Tasks wait again and are due, so they may lie before the [scan floors](crate::store::ScanRange::floor)
    /// of the pools: released, retried, rescheduled or rescued ones, and those with a new priority.
    CameBack,
    /// A task that runs on this worker was cancelled.
    Cancelled(WorkerId),
    /// This worker is [asked](crate::store::Store::ask_worker) to do something: its next beat tells what.
    Asked(WorkerId),
    /// The connection that listens was lost and is there again. The server may have crashed and forgotten its
    /// last commits, so the pool gives back tasks that the store counts as its claims and that it does not
    /// know. Only for listeners of this process; never sent over the channel.
    ListensAnew,
    /// The store fell silent, or answers again: see [`Listeners`](super::Listeners). Never sent over the channel.
    Reach,
}

/// The prefix of a task type whose notice is [single](Notice::Single). A bare task type stands for a burst,
/// since an application that notifies by hand does not know the prefix.
const SINGLE: char = '\u{1}';

/// The prefix of all topics but task types.
const OTHER: char = '\u{2}';

/// The prefix of a task type whose task is [due later](Notice::Due). Before the name come the microseconds until then.
const LATER: char = '\u{3}';

const CRONS: &str = "\u{2}crons";
const CAME_BACK: &str = "\u{2}came back";
const LISTENS_ANEW: &str = "\u{2}listens anew";
const REACH: &str = "\u{2}reach";
const CANCELLED: &str = "\u{2}cancelled ";
const ASKED: &str = "\u{2}asked ";

impl<'a> Topic<'a> {
    /// The topic of a task type.
    pub fn task_type(name: &'a str) -> Self {
        Self::TaskType(Cow::Borrowed(name))
    }

    /// The same topic with a name of its own.
    pub fn into_owned(self) -> Topic<'static> {
        match self {
            Self::TaskType(name) => Topic::TaskType(Cow::Owned(name.into_owned())),
            Self::Crons => Topic::Crons,
            Self::CameBack => Topic::CameBack,
            Self::Cancelled(worker) => Topic::Cancelled(worker),
            Self::Asked(worker) => Topic::Asked(worker),
            Self::ListensAnew => Topic::ListensAnew,
            Self::Reach => Topic::Reach,
        }
    }

    /// The text to send over the channel of the database. [`read`](Self::read) reads it back. A task type
    /// that looks like the text of another topic is always sent as [`Notice::Single`].
    pub fn payload(&self, notice: Notice) -> Cow<'_, str> {
        match (self, notice) {
            (Self::TaskType(name), Notice::Burst) if !name.starts_with([SINGLE, OTHER, LATER]) => {
                Cow::Borrowed(name)
            }
            (Self::TaskType(name), Notice::Due(delay)) => {
                Cow::Owned(format!("{LATER}{} {name}", micros(delay)))
            }
            (Self::TaskType(name), _) => Cow::Owned(format!("{SINGLE}{name}")),
            (Self::Crons, _) => Cow::Borrowed(CRONS),
            (Self::CameBack, _) => Cow::Borrowed(CAME_BACK),
            (Self::Cancelled(worker), _) => Cow::Owned(format!("{CANCELLED}{worker}")),
            (Self::Asked(worker), _) => Cow::Owned(format!("{ASKED}{worker}")),
            (Self::ListensAnew, _) => Cow::Borrowed(LISTENS_ANEW),
            (Self::Reach, _) => Cow::Borrowed(REACH),
        }
    }

    /// Reads a text that arrived over the channel. A text that is no other topic is a task type, and reaches
    /// only the pools of that type.
    pub fn read(payload: &'a str) -> (Self, Notice) {
        let other = match payload {
            CRONS => Some(Self::Crons),
            CAME_BACK => Some(Self::CameBack),
            LISTENS_ANEW => Some(Self::ListensAnew),
            _ => worker(payload, CANCELLED).map(Self::Cancelled).or(worker(payload, ASKED).map(Self::Asked)),
        };
        match (other, payload.strip_prefix(SINGLE), later(payload)) {
            (Some(topic), ..) => (topic, Notice::Single),
            (None, Some(name), _) => (Self::task_type(name), Notice::Single),
            (None, None, Some((name, delay))) => (Self::task_type(name), Notice::due_in(delay)),
            (None, None, None) => (Self::task_type(payload), Notice::Burst),
        }
    }
}

/// The task type that a text names, and the time until its task is due.
fn later(payload: &str) -> Option<(&str, Duration)> {
    let (delay, name) = payload.strip_prefix(LATER)?.split_once(' ')?;
    Some((name, Duration::from_micros(delay.parse().ok()?)))
}

/// The worker that a text names after this prefix.
fn worker(payload: &str, prefix: &str) -> Option<WorkerId> {
    payload.strip_prefix(prefix)?.parse().ok().map(WorkerId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_as_the_topic_and_the_notice_that_were_sent() {
        for name in ["mail", "", "\u{1}mail", "\u{3}1 mail", CRONS] {
            let topic = Topic::task_type(name);
            for notice in [Notice::Single, Notice::Due(Duration::from_micros(1_500_001))] {
                assert_eq!(Topic::read(&topic.payload(notice)), (topic.clone(), notice));
            }
        }
        let mail = Topic::task_type("mail");
        assert_eq!(mail.payload(Notice::Burst), "mail");
        assert_eq!(Topic::read("mail"), (mail.clone(), Notice::Burst));
        let of_workers = [Topic::Cancelled(WorkerId(17)), Topic::Asked(WorkerId(17))];
        for topic in of_workers.into_iter().chain([Topic::Crons, Topic::CameBack, Topic::ListensAnew]) {
            assert_eq!(Topic::read(&topic.payload(Notice::Burst)), (topic.clone(), Notice::Single));
        }
    }

    #[test]
    fn a_task_type_that_looks_like_another_payload_is_not_mistaken_for_it() {
        for name in ["\u{1}mail", CRONS, "\u{2}cancelled 17", "\u{3}1 mail"] {
            let topic = Topic::task_type(name);
            assert_eq!(Topic::read(&topic.payload(Notice::Burst)), (topic.clone(), Notice::Single));
        }
        assert_eq!(Topic::read("\u{3}x mail"), (Topic::task_type("\u{3}x mail"), Notice::Burst));
        assert_eq!(Topic::read("\u{2}cancelled x").0, Topic::task_type("\u{2}cancelled x"));
    }
}
