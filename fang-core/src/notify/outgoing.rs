//! The notifications that a process sends to others.

use super::burst::{BurstGate, Notice};
use super::topic::Topic;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Topics to notify about, each with its notice.
pub type Notices<'a> = BTreeMap<Topic<'a>, Notice>;

/// Decides which notifications to send to other processes. All handles of a queue share one.
#[derive(Debug)]
pub struct Outgoing {
    is_wanted: bool,
    gate: Mutex<BurstGate>,
}

impl Outgoing {
    /// Sends notifications only when they are wanted.
    pub fn new(is_wanted: bool) -> Self {
        Self { is_wanted, gate: Mutex::default() }
    }

    /// The payloads to send now. `now` counts from any fixed instant.
    pub fn payloads(&self, notices: &Notices<'_>, now: Duration) -> Vec<String> {
        if !self.is_wanted {
            return Vec::new();
        }
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = |(topic, least): (&Topic<'_>, &Notice)| {
            let notice = match topic {
                Topic::TaskType(name) => gate.pass(name, *least, now)?,
                _ => *least,
            };
            Some(topic.payload(notice).into_owned())
        };
        notices.iter().filter_map(passed).collect()
    }

    /// The payloads to send in a transaction of the application. Nothing is left out, since they are sent at
    /// the commit, at an unknown time.
    pub fn payloads_at_commit(&self, notices: &Notices<'_>) -> Vec<String> {
        let wanted = notices.iter().filter(|_| self.is_wanted);
        wanted.map(|(topic, notice)| topic.payload(*notice).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Notices<'static> {
        [(Topic::task_type("mail"), Notice::Single)].into()
    }

    #[test]
    fn a_transaction_of_the_application_notifies_each_time_and_others_as_the_gate_allows() {
        let (outgoing, notices) = (Outgoing::new(true), mail());
        let payloads: Vec<_> = (0..3).map(|_| outgoing.payloads(&notices, Duration::ZERO)).collect();
        let single = Topic::task_type("mail").payload(Notice::Single).into_owned();
        assert_eq!(payloads, [vec![single.clone()], vec!["mail".into()], vec![]]);
        assert_eq!([(); 2].map(|()| outgoing.payloads_at_commit(&notices)), [[single.clone()], [single]]);
    }

    #[test]
    fn a_queue_without_notifications_sends_nothing() {
        let outgoing = Outgoing::new(false);
        assert!(outgoing.payloads(&mail(), Duration::ZERO).is_empty());
        assert!(outgoing.payloads_at_commit(&mail()).is_empty());
    }
}
