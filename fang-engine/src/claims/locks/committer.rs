//! The end of lock-claims: a committer commits their transactions.

use super::batch::{Batch, ToCommit};
use super::results::LockedResults;
use crate::claims::left_by_locks::LeftByLocks;
use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::retry_pause::RetryPause;
use crate::signal::{first_of, until};
use crate::state::pool::Pool;
use crate::state::results::Finished;
use async_channel::{Receiver, Sender};
use event_listener::Event;
use fang_core::StoreError;
use fang_core::halving::{Halving, Refused};
use fang_core::store::{LockClaims, WorkerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The longest time for which a lock-claim keeps rows locked; tasks that still run then get written claims. A longer
/// transaction would keep the server from vacuuming.
const AT_MOST: Duration = Duration::from_millis(200);

/// A connection for lock-claims.
pub(super) type Connection = Box<dyn LockClaims>;

/// A lock-claim whose tasks run.
pub(super) struct Locked {
    pub(super) connection: Connection,
    pub(super) batch: Batch,
    pub(super) results: Arc<LockedResults>,
    pub(super) has_apart: bool,
    /// Whether exactly the tasks that run here are listed.
    pub(super) is_listed: bool,
    pub(super) open: OneMore,
}

/// A count of the open lock-claims. The claimer adds, committers subtract, the shutdown waits for zero.
#[derive(Debug, Default)]
pub(crate) struct OpenBatches {
    count: AtomicUsize,
    none: Event,
}

impl OpenBatches {
    pub(super) fn one_more(self: &Arc<Self>) -> OneMore {
        self.count.fetch_add(1, Ordering::SeqCst);
        OneMore(self.clone())
    }

    /// Waits until no lock-claim is open.
    pub(crate) async fn none(&self) {
        until(&self.none, || self.count.load(Ordering::SeqCst) == 0).await;
    }
}

/// One open lock-claim, counted until this is dropped.
#[derive(Debug)]
pub(super) struct OneMore(Arc<OpenBatches>);

impl Drop for OneMore {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none.notify(usize::MAX);
        }
    }
}

/// Commits one lock-claim after the other. Ends when the claimer has ended.
pub(super) struct Committer {
    pool: Arc<Pool>,
    locked: Receiver<Locked>,
    back: Sender<Connection>,
    left: Arc<LeftByLocks>,
}

impl Committer {
    pub(super) fn new(
        pool: Arc<Pool>,
        locked: Receiver<Locked>,
        back: Sender<Connection>,
        left: Arc<LeftByLocks>,
    ) -> Self {
        Self { pool, locked, back, left }
    }

    pub(super) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    async fn commit(&self, locked: Locked) -> (Connection, OneMore) {
        let Locked { mut connection, batch, results, has_apart, is_listed, open } = locked;
        first_of([Box::pin(results.all_in()), self.pool.sleep(AT_MOST)]).await;
        let ToCommit { commit, removed, mut others } = batch.to_commit(results.commit());
        match connection.commit(&commit).await {
            Ok(()) => self.saved(&removed),
            Err(error) => {
                self.write_claims(&mut connection, &batch, &error).await;
                // The commit may have got through although its answer did not.
                others.extend(removed.into_iter().map(|result| Finished { may_be_saved: true, ..result }));
            }
        }
        others.extend(results.over());
        others.into_iter().for_each(|result| self.pool.send(result));
        if has_apart {
            self.left.set_apart();
        }
        if !is_listed {
            // If this fails, the claimer takes the list back.
            let _ = connection.unlist(batch.worker()).await;
            // Others may have read it until now.
            self.pool.state.must_reconcile();
        }
        self.pool.room.notify();
        (connection, open)
    }

    fn saved(&self, removed: &[Finished]) {
        self.pool.state.gauge.saved(removed.len());
        let keys = removed.iter().map(|saved| (saved.result.id, saved.result.lease));
        self.pool.state.in_flight.remove(keys.clone());
        self.pool.state.recorder.saved(keys);
        self.pool.turnover.add(removed.len() as u64);
    }

    /// Writes claims for tasks that lost their locks and may still run, unless others have claimed them by now.
    async fn write_claims(&self, connection: &mut Connection, batch: &Batch, error: &StoreError) {
        match error.is_refusal() {
            true => log::warn!(
                "the database refused to commit a lock-claim; its tasks get written claims: {error}"
            ),
            false => {
                log::warn!("a connection with lock-claims was lost; its tasks get written claims: {error}");
            }
        }
        let (mut tasks, mut pause) = (batch.keys(), RetryPause::default());
        while let Err((left, error)) = write_pieces(connection, batch.worker(), tasks).await {
            if self.pool.phase.get() >= Phase::GivingUp {
                log::error!(
                    "{} tasks got no written claim before the shutdown and may run again: {error}",
                    left.len()
                );
                return;
            }
            tasks = left;
            self.pool.wait_for_answer(&mut pause, Phase::GivingUp).await;
        }
        self.left.lost(batch.keys());
    }
}

type Key = (Uuid, i32);

/// Writes claims. A task for which the database refuses that is left out, if it takes others or none at all: it stays
/// listed. Else the tasks are returned.
async fn write_pieces(
    connection: &mut Connection,
    worker: WorkerId,
    tasks: Vec<Key>,
) -> Result<(), (Vec<Key>, StoreError)> {
    let (mut halving, mut failure, mut is_any_saved) = (Halving::new(tasks), None, false);
    while let Some(piece) = halving.next_piece() {
        match connection.write_claims(worker, &piece.items).await {
            Ok(()) => {
                is_any_saved = true;
                halving.saved();
            }
            Err(error) if error.is_refusal() => {
                halving.refused(piece);
                failure = Some(error);
            }
            Err(error) => {
                let Refused { alone, rest } = halving.end();
                return Err((alone.into_iter().chain(piece.items).chain(rest).collect(), error));
            }
        }
    }
    let (Refused { mut alone, rest }, Some(error)) = (halving.end(), failure) else { return Ok(()) };
    if is_any_saved || connection.write_claims(worker, &[]).await.is_ok() {
        for (id, _) in alone {
            log::error!("the database refuses a claim of task {id}, which may run again: {error}");
        }
        return if rest.is_empty() { Ok(()) } else { Err((rest, error)) };
    }
    alone.extend(rest);
    Err((alone, error))
}

impl Part for Committer {
    const NAME: &str = "committer";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        while let Ok(locked) = self.locked.recv().await {
            let (connection, open) = self.commit(locked).await;
            // The channel is closed once the claimer has ended.
            let _ = self.back.try_send(connection);
            drop(open);
        }
    }
}
