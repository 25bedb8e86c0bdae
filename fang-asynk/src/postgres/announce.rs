//! Waking those who wait for a task.

use super::PostgresStore;
use super::connect::Channel;
use super::run;
use fang_core::wake::Announced;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl PostgresStore {
    /// Wakes the claimers of these task types, here and elsewhere. Losing an announcement costs a
    /// little time and nothing else, since everyone polls.
    pub(super) async fn announce(&self, task_types: &BTreeSet<&str>) {
        task_types.iter().for_each(|task_type| self.wakes.wake(task_type));
        for payload in self.worth_announcing(task_types) {
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

    /// What to send for an insert of these task types now.
    pub(super) fn worth_announcing<'a>(&self, task_types: &BTreeSet<&'a str>) -> Vec<Cow<'a, str>> {
        self.announcer.payloads(task_types, self.epoch.elapsed())
    }
}
