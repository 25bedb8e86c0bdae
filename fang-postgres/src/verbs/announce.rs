//! Waking those who wait for a task.

use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::announce::{self, News};
use fang_core::wake::Announced;
use std::borrow::Cow;

impl<C: Connections> PostgresStore<C> {
    /// Wakes the claimers of these task types, here and elsewhere. Losing an announcement costs a
    /// little time and nothing else, since everyone polls.
    pub(crate) async fn announce(&self, news: &News<'_>) {
        self.wake(news);
        for payload in self.worth_announcing(news) {
            if let Err(error) = self.notify(Role::Calls, &payload).await {
                log::debug!("an announcement was lost: {error}");
            }
        }
    }

    /// Wakes all who are called so, here and elsewhere, each time: nobody looks often for a while as after an insert. The
    /// parts of a pool do so over their own connections, and do not wait for those of its tasks.
    pub(crate) async fn call(&self, role: Role, name: &str) {
        self.db.connections.wakes().wake(name);
        if let Err(error) = self.notify(role, &Announced::Each.payload(name)).await {
            log::debug!("a call was lost: {error}");
        }
    }

    /// Wakes the claimers here alone.
    pub(crate) fn wake(&self, news: &News<'_>) {
        let connections = &self.db.connections;
        announce::wake(connections.wakes(), news, connections.listens());
    }

    /// What to send of these now.
    pub(crate) fn worth_announcing<'a>(&self, news: &News<'a>) -> Vec<Cow<'a, str>> {
        self.announcer.payloads(news, self.epoch.elapsed())
    }

    async fn notify(&self, role: Role, payload: &str) -> Result<(), StoreError> {
        let statement = Statement::count(&self.db.sql.notify, &[&payload])?;
        self.db.execute(role, statement).await.map(|_| ())
    }
}
