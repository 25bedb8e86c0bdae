//! Watches transactions of the application, and notifies of their inserts once they have committed.
//!
//! A transaction that notifies waits at its commit for all others that do. So of many at once, only a few notify, and
//! the queue watches the others. If the process ends meanwhile, pools find the tasks by their polls.

use crate::row::get;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::notify::{Notice, OpenTransactions, Outgoing, Topic};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the watcher needs of the runtime that it runs on.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Starts the watcher.
    pub start: fn(BoxFuture),
    /// Sleeps for this long.
    pub sleep: fn(Duration) -> BoxFuture,
}

/// Lets another watcher start, also if this one is dropped with its runtime.
struct Unwatched(Option<Arc<Outgoing>>);

impl Drop for Unwatched {
    fn drop(&mut self) {
        if let Some(outgoing) = &self.0 {
            outgoing.open_transactions().unwatched();
        }
    }
}

impl<C: Connections> PostgresStore<C> {
    /// Watches this transaction, and starts the watcher if there is none.
    pub(crate) fn watch(self: &Arc<Self>, watch: Watch, transaction: i64, topics: Vec<Topic<'static>>) {
        let is_first = self.outgoing.open_transactions().add(transaction, topics, self.epoch.elapsed());
        if is_first {
            (watch.start)(Box::pin(self.clone().watch_all(watch.sleep)));
        }
    }

    /// Ends when no transaction is left.
    async fn watch_all(self: Arc<Self>, sleep: fn(Duration) -> BoxFuture) {
        let mut unwatched = Unwatched(Some(self.outgoing.clone()));
        loop {
            sleep(OpenTransactions::TICK).await;
            let due = self.outgoing.open_transactions().due(self.epoch.elapsed());
            if !due.is_empty() {
                self.notify_committed(due).await;
            }
            if self.outgoing.open_transactions().is_over() {
                unwatched.0 = None;
                return;
            }
        }
    }

    async fn notify_committed(&self, transactions: Vec<i64>) {
        let ended = self.ended_transactions(&transactions).await.unwrap_or_else(|error| {
            log::debug!(
                "how transactions have ended could not be looked up, so all count as committed: {error}"
            );
            transactions.into_iter().map(|transaction| (transaction, true)).collect()
        });
        let topics = self.outgoing.open_transactions().ended(ended.into_iter());
        self.notify_all(Role::Calls, &topics.into_iter().map(|topic| (topic, Notice::Single)).collect())
            .await;
    }

    async fn ended_transactions(&self, transactions: &[i64]) -> Result<Vec<(i64, bool)>, StoreError> {
        let statement = Statement::rows(&self.db.sql.ended_transactions, &[&transactions.to_vec()])?;
        let rows = self.db.query(Role::Calls, statement).await?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
    }
}
