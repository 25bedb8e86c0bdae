//! Notifications: to the pools of this process directly, and to those of others over the channel of the database.

use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::notify::{Notice, Notices, Topic};

impl<C: Connections> PostgresStore<C> {
    /// Notifies the listeners of these topics. Within a burst further notifications are left out.
    pub(crate) async fn notify_all(&self, notices: &Notices<'_>) {
        self.notify_here(notices);
        for payload in self.payloads(notices) {
            self.send(Role::Calls, &payload).await;
        }
    }

    /// Notifies the listeners of one topic. Within a burst further notifications are left out.
    pub(crate) async fn notify(&self, topic: Topic<'_>, notice: Notice) {
        self.notify_all(&[(topic, notice)].into()).await;
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
