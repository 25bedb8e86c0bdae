//! Notifications: to the pools of this process directly, and to those of others over the channel of the database.

use crate::row::{get, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use fang_core::new_task::Due;
use fang_core::notify::{Notice, Notices, Topic};
use fang_core::store::{InsertOutcome, Inserted};
use fang_core::{NewTask, StoreError};
use std::time::Duration;

impl<C: Connections> PostgresStore<C> {
    /// Notifies the listeners of these topics. Within a burst further notifications are left out, and so are tasks
    /// that become due after the next poll of every pool.
    pub(crate) async fn notify_all(&self, role: Role, notices: &Notices<'_>) {
        self.notify_here(notices);
        self.learn(role, notices).await;
        for payload in self.payloads(notices) {
            self.send(role, &payload).await;
        }
    }

    /// Looks up how often pools poll, if these notices depend on it and the last look was long ago.
    pub(crate) async fn learn(&self, role: Role, notices: &Notices<'_>) {
        if self.outgoing.must_learn(notices, self.epoch.elapsed()) {
            let longest_poll = self.longest_poll(role).await;
            self.outgoing.learned(longest_poll, self.epoch.elapsed());
        }
    }

    /// The longest time between two polls of any pool that lives, if it can be looked up.
    async fn longest_poll(&self, role: Role) -> Option<Duration> {
        let statement = Statement::rows(&self.db.sql.longest_poll, &[]).ok()?;
        let row = self.db.query_one(role, statement).await;
        let millis: f64 =
            row.and_then(|row| get(&row, 0)).inspect_err(|error| self.tell_of_unknown_polls(error)).ok()?;
        Some(span(millis / 1000.0))
    }

    /// The role of a program that only inserts may lack the right.
    fn tell_of_unknown_polls(&self, error: &StoreError) {
        if error.is_refusal() && self.db.refused.is_news("longest_poll") {
            log::warn!(
                "how often pools poll cannot be read, so tasks with a delay may begin late if they poll less often than by \
                 default; the role needs SELECT (info, dead_at) on fang_workers: {error}"
            );
        } else {
            log::debug!(
                "how often pools poll could not be looked up; notifications go by the default: {error}"
            );
        }
    }

    /// Notifies the listeners of one topic. Within a burst further notifications are left out.
    pub(crate) async fn notify(&self, topic: Topic<'_>, notice: Notice) {
        self.notify_all(Role::Calls, &[(topic, notice)].into()).await;
    }

    /// Notifies the listeners of this topic every time. The parts of a pool use their own connections for it, so
    /// that they do not wait for those of the tasks.
    pub(crate) async fn notify_each_time(&self, role: Role, topic: &Topic<'_>) {
        self.db.connections.listeners().notify(topic, Notice::Single);
        self.send(role, &topic.payload(Notice::Single)).await;
    }

    /// Notifies the listeners in this process only.
    pub(crate) fn notify_here(&self, notices: &Notices<'_>) {
        let connections = &self.db.connections;
        connections.listeners().notify_all_of(notices, connections.listens());
    }

    /// The payloads of these notices that are to be sent now.
    pub(crate) fn payloads(&self, notices: &Notices<'_>) -> Vec<String> {
        self.outgoing.payloads(notices, self.epoch.elapsed())
    }

    async fn send(&self, role: Role, payload: &str) {
        if let Err(error) = self.try_send(role, payload).await {
            log::debug!("a notification was lost; pools find the task by polling: {error}");
        }
    }

    async fn try_send(&self, role: Role, payload: &str) -> Result<u64, StoreError> {
        self.db.execute(role, Statement::count(&self.db.sql.notify, &[&payload])?).await
    }
}

/// The notices for the tasks of a batch that are due when they are inserted.
pub(crate) fn due_now(tasks: &[NewTask]) -> Notices<'_> {
    let is_now = |task: &&NewTask| matches!(task.row().due, Due::After(delay) if delay.is_zero());
    notices(tasks.iter().filter(is_now).map(|task| (task.row().task_type, Duration::ZERO)))
}

/// The notices for the other tasks of a batch, given the answers to the insert. Only the clock of the server tells how
/// far away an instant is. Where the answer does not say it, because the task replaced an earlier one, pools look at
/// once.
pub(crate) fn due_later<'a>(tasks: &'a [NewTask], answers: &[Inserted]) -> Notices<'a> {
    let delay = |(task, answer): (&'a NewTask, &Inserted)| match task.row().due {
        Due::After(delay) => (!delay.is_zero()).then_some((task, delay)),
        Due::At(_) if answer.outcome == InsertOutcome::Replaced => Some((task, Duration::ZERO)),
        Due::At(_) => Some((task, (answer.scheduled_at - answer.created_at).to_std().unwrap_or_default())),
    };
    let is_saved = |(_, answer): &(&NewTask, &Inserted)| answer.outcome != InsertOutcome::Kept;
    let delayed = tasks.iter().zip(answers).filter(is_saved).filter_map(delay);
    notices(delayed.map(|(task, delay)| (task.row().task_type, delay)))
}

/// The notices for tasks of these types that become due after these delays.
pub(crate) fn notices<'a>(delayed: impl Iterator<Item = (&'a str, Duration)>) -> Notices<'a> {
    let mut notices = Notices::new();
    for (task_type, delay) in delayed {
        let (topic, notice) = (Topic::task_type(task_type), Notice::due_in(delay));
        notices.entry(topic).and_modify(|known| *known = notice.and(*known)).or_insert(notice);
    }
    notices
}
