//! What a process announces of the tasks that it inserts.

use crate::wake::{Announced, NotifyGate, Wakes};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Task types in which somebody may find something to claim, and how to announce that.
pub type News<'a> = BTreeMap<&'a str, Announced>;

/// Wakes the claimers of this process. Where they do not hear what others insert, nobody knows what follows.
pub fn wake(wakes: &Wakes, news: &News<'_>, hears_others: bool) {
    for (name, announced) in news {
        wakes.call(name, if hears_others { *announced } else { Announced::First });
    }
}

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

    /// The payloads to send now. `now` counts from any fixed instant.
    pub fn payloads<'a>(&self, news: &News<'a>, now: Duration) -> Vec<Cow<'a, str>> {
        if !self.is_wanted {
            return Vec::new();
        }
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let passed =
            |(name, least): (&&'a str, &Announced)| Some(gate.pass(name, *least, now)?.payload(name));
        news.iter().filter_map(passed).collect()
    }

    /// The payloads of a transaction of the application: always, since nobody knows when it will commit, which is when
    /// they leave.
    pub fn payloads_at_commit<'a>(&self, news: &News<'a>) -> Vec<Cow<'a, str>> {
        let announced = news.iter().filter(|_| self.is_wanted);
        announced.map(|(name, announced)| announced.payload(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_of_the_application_announces_each_time_and_others_as_the_gate_allows() {
        let (announcer, news) = (Announcer::new(true), News::from([("mail", Announced::Each)]));
        let payloads: Vec<_> = (0..3).map(|_| announcer.payloads(&news, Duration::ZERO)).collect();
        assert_eq!(payloads, [vec![Announced::Each.payload("mail")], vec!["mail".into()], vec![]]);
        assert_eq!(announcer.payloads_at_commit(&news), announcer.payloads_at_commit(&news));
        assert_eq!(announcer.payloads_at_commit(&news), [Announced::Each.payload("mail")]);
    }

    #[test]
    fn a_queue_that_is_told_not_to_announces_nothing() {
        let (announcer, news) = (Announcer::new(false), News::from([("mail", Announced::Each)]));
        assert!(announcer.payloads(&news, Duration::ZERO).is_empty());
        assert!(announcer.payloads_at_commit(&news).is_empty());
    }
}
