//! Notifications to other processes about inserted tasks.

use super::burst::{BurstGate, Notice};
use super::open_transactions::OpenTransactions;
use super::topic::Topic;
use crate::sleep_params::SleepParams;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The topics to notify, each with its notice.
pub type Notices<'a> = BTreeMap<Topic<'a>, Notice>;

/// Decides which notifications are sent to other processes. All handles of a queue share one.
#[derive(Debug)]
pub struct Outgoing {
    is_wanted: bool,
    gate: Mutex<BurstGate>,
    longest_poll: Mutex<LongestPoll>,
    open_transactions: Mutex<OpenTransactions>,
}

/// The longest time between two polls of any pool that lives. Tasks that become due later than that are not notified:
/// before then, a poll of each pool tells of them.
#[derive(Clone, Copy, Debug)]
struct LongestPoll {
    span: Duration,
    learned_at: Option<Duration>,
}

/// How long the longest poll is believed. A pool that starts meanwhile, and polls less often than all others, misses
/// notifications about tasks that become due later.
const BELIEVED_FOR: Duration = Duration::from_secs(30);

impl Outgoing {
    /// Sends notifications only if `is_wanted`.
    pub fn new(is_wanted: bool) -> Self {
        let longest_poll = LongestPoll { span: SleepParams::default().longest(), learned_at: None };
        Self {
            is_wanted,
            gate: Mutex::default(),
            longest_poll: Mutex::new(longest_poll),
            open_transactions: Mutex::default(),
        }
    }

    /// Whether the store should look up the longest time between two polls of the living pools before it asks for the
    /// payloads of these notices: one of them is [due later](Notice::Due), and the last look was long ago. Until the
    /// first look, all pools count as polling as often as by default.
    pub fn must_learn(&self, notices: &Notices<'_>, now: Duration) -> bool {
        let is_due = |notice: &Notice| matches!(notice, Notice::Due(_));
        let is_old = |at: Duration| now.saturating_sub(at) >= BELIEVED_FOR;
        self.is_wanted && notices.values().any(is_due) && self.longest_poll().learned_at.is_none_or(is_old)
    }

    /// Tells the longest time between two polls of the living pools, or `None` if it could not be looked up.
    pub fn learned(&self, longest_poll: Option<Duration>, now: Duration) {
        let mut known = self.longest_poll.lock().unwrap_or_else(PoisonError::into_inner);
        *known = LongestPoll { span: longest_poll.unwrap_or(known.span), learned_at: Some(now) };
    }

    fn longest_poll(&self) -> LongestPoll {
        *self.longest_poll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The payloads to send now, as the gate allows. `now` counts from any fixed instant.
    pub fn payloads(&self, notices: &Notices<'_>, now: Duration) -> Vec<String> {
        if !self.is_wanted {
            return Vec::new();
        }
        let longest_poll = self.longest_poll().span;
        let mut gate = self.gate();
        let passed = |(topic, least): (&Topic<'_>, &Notice)| {
            let notice = match (topic, *least) {
                (Topic::TaskType(_), Notice::Due(delay)) if delay > longest_poll => return None,
                (Topic::TaskType(name), Notice::Due(delay)) => gate.pass_due(name, delay, now)?,
                (Topic::TaskType(name), least) => gate.pass(name, least, now)?,
                (_, least) => least,
            };
            Some(topic.payload(notice).into_owned())
        };
        notices.iter().filter_map(passed).collect()
    }

    /// The payloads to send within a transaction: one for each notice, without the gate. They are delivered when the
    /// transaction commits, and that time is not known. So pools look at once for a task that is
    /// [due later](Notice::Due), and their claim tells them when that is.
    pub fn payloads_at_commit(&self, notices: &Notices<'_>) -> Vec<String> {
        let wanted = self.wanted_at_commit(notices);
        wanted.map(|(topic, notice)| topic.payload(notice).into_owned()).collect()
    }

    fn wanted_at_commit<'n>(
        &self,
        notices: &'n Notices<'_>,
    ) -> impl Iterator<Item = (&'n Topic<'n>, Notice)> + use<'n> {
        let (longest_poll, is_wanted) = (self.longest_poll().span, self.is_wanted);
        notices.iter().filter(move |_| is_wanted).filter_map(move |(topic, notice)| match *notice {
            Notice::Due(delay) if delay > longest_poll => None,
            Notice::Due(_) => Some((topic, Notice::Single)),
            notice => Some((topic, notice)),
        })
    }

    /// Decides whether a transaction of the application notifies of its inserts when it commits. Such commits wait for
    /// each other, so if many come at once, only the first of them do.
    pub fn at_commit(&self, notices: &Notices<'_>, now: Duration) -> AtCommit {
        let payloads = self.payloads_at_commit(notices);
        if payloads.is_empty() || self.gate().pass_commit(now) || !self.open_transactions().has_room() {
            return AtCommit::Notify(payloads);
        }
        AtCommit::Watch(self.wanted_at_commit(notices).map(|(topic, _)| topic.clone().into_owned()).collect())
    }

    /// The transactions whose inserts nobody was notified of.
    pub fn open_transactions(&self) -> MutexGuard<'_, OpenTransactions> {
        self.open_transactions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self) -> MutexGuard<'_, BurstGate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How pools learn of the inserts of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtCommit {
    /// The transaction sends these payloads.
    Notify(Vec<String>),
    /// The transaction is [watched](OpenTransactions), and these topics are notified once it has committed.
    Watch(Vec<Topic<'static>>),
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
    fn of_many_transactions_at_once_the_first_notify_and_the_others_are_watched() {
        let (outgoing, now) = (Outgoing::new(true), Duration::from_millis);
        let notifies = |at| matches!(outgoing.at_commit(&mail(), now(at)), AtCommit::Notify(_));
        let passed: Vec<u64> = (0..200).filter(|at| notifies(*at)).collect();
        assert_eq!(passed, [0, 1, 2, 3, 4, 100, 101, 102, 103, 104]);
        assert_eq!(outgoing.at_commit(&mail(), now(199)), AtCommit::Watch(vec![Topic::task_type("mail")]));
        assert_eq!(outgoing.at_commit(&Notices::new(), now(199)), AtCommit::Notify(Vec::new()));
        let silent = Outgoing::new(false);
        let all = (0..200).map(|at| silent.at_commit(&mail(), now(at)));
        assert!(all.into_iter().all(|at_commit| at_commit == AtCommit::Notify(Vec::new())));
    }

    #[test]
    fn a_task_that_is_due_later_is_notified_if_a_pool_polls_less_often() {
        let (outgoing, now) = (Outgoing::new(true), Duration::from_secs);
        let notice = Notice::Due(now(2));
        let notices: Notices<'_> = [(Topic::task_type("mail"), notice)].into();
        assert!(outgoing.must_learn(&notices, now(0)) && !outgoing.must_learn(&mail(), now(0)));
        let none: [String; 0] = [];
        assert_eq!(outgoing.payloads(&notices, now(0)), none, "pools poll every 1.5 s by default");
        outgoing.learned(Some(now(3600)), now(0));
        assert!(!outgoing.must_learn(&notices, now(29)) && outgoing.must_learn(&notices, now(30)));
        outgoing.learned(None, now(30));
        let single = Topic::task_type("mail").payload(Notice::Single).into_owned();
        assert_eq!(outgoing.payloads_at_commit(&notices), [single], "the commit may be late");
        let due = Topic::task_type("mail").payload(notice).into_owned();
        assert_eq!([(); 2].map(|()| outgoing.payloads(&notices, now(30))), [vec![due], vec![]]);
    }

    #[test]
    fn a_queue_without_notifications_sends_none() {
        let outgoing = Outgoing::new(false);
        assert!(outgoing.payloads(&mail(), Duration::ZERO).is_empty());
        assert!(outgoing.payloads_at_commit(&mail()).is_empty());
    }
}
