//! What a process announces of the tasks that it inserts.

use crate::wake::{Announced, NotifyGate};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Tells what to announce. One for all handles of a queue.
#[derive(Debug)]
pub struct Announcer {
    is_wanted: bool,
    gate: Mutex<NotifyGate>,
}

impl Announcer {
    /// Announces something only if that `is_wanted`.
    pub fn new(is_wanted: bool) -> Self {
        Self { is_wanted, gate: Mutex::default() }
    }

    /// The payloads to send for an insert of these task types now. `now` counts from any fixed instant.
    pub fn payloads<'a>(&self, task_types: &BTreeSet<&'a str>, now: Duration) -> Vec<Cow<'a, str>> {
        if !self.is_wanted {
            return Vec::new();
        }
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = |task_type: &&'a str| Some(gate.pass(task_type, now)?.payload(task_type));
        task_types.iter().filter_map(passed).collect()
    }

    /// The payloads of a transaction of the application: always, since nobody knows when it will commit, which is when
    /// they leave.
    pub fn payloads_at_commit<'a>(&self, task_types: &BTreeSet<&'a str>) -> Vec<Cow<'a, str>> {
        let announced = task_types.iter().filter(|_| self.is_wanted);
        announced.map(|task_type| Announced::Each.payload(task_type)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_of_the_application_announces_each_time_and_others_as_the_gate_allows() {
        let (announcer, types) = (Announcer::new(true), BTreeSet::from(["mail"]));
        let payloads: Vec<_> = (0..3).map(|_| announcer.payloads(&types, Duration::ZERO)).collect();
        assert_eq!(payloads, [vec![Announced::Each.payload("mail")], vec!["mail".into()], vec![]]);
        assert_eq!(announcer.payloads_at_commit(&types), announcer.payloads_at_commit(&types));
        assert_eq!(announcer.payloads_at_commit(&types), [Announced::Each.payload("mail")]);
    }

    #[test]
    fn a_queue_that_is_told_not_to_announces_nothing() {
        let (announcer, types) = (Announcer::new(false), BTreeSet::from(["mail"]));
        assert!(announcer.payloads(&types, Duration::ZERO).is_empty());
        assert!(announcer.payloads_at_commit(&types).is_empty());
    }
}
