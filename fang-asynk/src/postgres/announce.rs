//! Waking those who wait for a task.

use super::PostgresStore;
use super::connect::Channel;
use super::run;
use fang_core::announce::{self, News};
use fang_core::wake::Announced;
use std::borrow::Cow;

impl PostgresStore {
    /// Wakes the claimers of these task types, here and elsewhere. Losing an announcement costs a
    /// little time and nothing else, since everyone polls.
    pub(super) async fn announce(&self, news: &News<'_>) {
        self.wake(news);
        for payload in self.worth_announcing(news) {
            if let Err(error) = run::execute(&self.calls, &self.statements.notify, &[&payload]).await {
                log::debug!("an announcement was lost: {error}");
            }
        }
    }

    /// Wakes whoever is called so, here and elsewhere, each time: nobody looks often for a while as after an insert.
    pub(super) async fn call(&self, name: &str) {
        self.call_over(&self.calls, name).await;
    }

    /// The same over another channel: the parts of a pool do not wait for the connections of its tasks.
    pub(super) async fn call_over(&self, channel: &Channel, name: &str) {
        self.wakes.wake(name);
        if let Err(error) =
            run::execute(channel, &self.statements.notify, &[&Announced::Each.payload(name)]).await
        {
            log::debug!("a call was lost: {error}");
        }
    }

    /// Wakes the claimers here alone.
    pub(super) fn wake(&self, news: &News<'_>) {
        announce::wake(&self.wakes, news, self.address.listens());
    }

    /// What to send of these now.
    pub(super) fn worth_announcing<'a>(&self, news: &News<'a>) -> Vec<Cow<'a, str>> {
        self.announcer.payloads(news, self.epoch.elapsed())
    }
}
