//! Waking those who wait for a task.

use super::PostgresStore;
use super::connect::Channel;
use super::error::store_error;
use super::run::{self, bind};
use diesel::sql_types::Text;
use fang_core::StoreError;
use fang_core::announce::{self, News};
use fang_core::store::Heard;
use fang_core::wake::Announced;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl PostgresStore {
    /// Wakes the claimers of these task types, here and elsewhere. Losing an announcement costs a
    /// little time and nothing else, since everyone polls.
    pub(super) fn announce(&self, news: &News<'_>) {
        self.wake(news);
        for payload in self.worth_announcing(news) {
            let bind = bind::<Text, _>(payload);
            if let Err(error) = run::execute(&self.calls, &self.statements.notify, &[&bind]) {
                log::debug!("an announcement was lost: {error}");
            }
        }
    }

    /// Wakes whoever is called so, here and elsewhere, each time: nobody looks often for a while as after an insert.
    pub(super) fn call(&self, name: &str) {
        self.call_over(&self.calls, name);
    }

    /// The same over another channel: the parts of a pool do not wait for the connections of its tasks.
    pub(super) fn call_over(&self, channel: &Channel, name: &str) {
        self.wakes.wake(name);
        let bind = bind::<Text, _>(Announced::Each.payload(name));
        if let Err(error) = run::execute(channel, &self.statements.notify, &[&bind]) {
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

    /// Wakes those whom announcements concern that have come since the last look.
    pub(super) fn hear(&self) -> Result<Option<Heard>, StoreError> {
        if !self.address.listens() {
            return Ok(None);
        }
        let heard = self.heart.with(|connection| {
            let payloads = connection.notifications_iter().map(|heard| heard.map(|heard| heard.payload));
            payloads.collect::<Result<BTreeSet<_>, _>>().map_err(|error| store_error(&error))
        })?;
        heard.iter().for_each(|payload| self.wakes.hear(payload));
        Ok(Some(Heard::new(heard.len()).arrives_on(self.heart.socket())))
    }
}
