//! Lock-claims: a transaction keeps the rows of tasks locked while they run, and deletes those of the tasks that end
//! in time.

mod batch;
mod committer;
mod results;
mod worth;

pub(crate) use committer::OpenBatches;

use super::ToRun;
use super::left_by_locks::LeftByLocks;
use crate::phase::Phase;
use crate::policy::claim::{Asked, ClaimPolicy, Wanted};
use crate::signal::first_of;
use crate::state::pool::Pool;
use async_channel::{Receiver, Sender, unbounded};
use batch::Batch;
use committer::{Committer, Connection, Locked};
use fang_core::StoreError;
use fang_core::lists::SLOTS;
use fang_core::store::{Claimed, WorkerId};
use results::LockedResults;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use worth::{Worth, may_lock};

/// How long a claim waits for a free connection before it is written instead.
const WAIT: Duration = Duration::from_millis(10);

/// The lists are removed when no lock-claim was made for this long, since every claim of any pool has to read them.
const LISTED_FOR: Duration = Duration::from_secs(1);

/// The connections for lock-claims. While the tasks of one run, the other claims or commits.
pub(crate) struct Locks {
    pool: Arc<Pool>,
    free: Receiver<Connection>,
    back: Sender<Connection>,
    to_commit: Sender<Locked>,
    open: Arc<OpenBatches>,
    /// The connection that the next lock-claim uses.
    at_hand: Option<Connection>,
    /// When tasks were listed last, or `None` when no list is left.
    listed_at: Option<Duration>,
    left: Arc<LeftByLocks>,
    worth: Worth,
    /// Whether the last wait for a free connection was in vain: runs that take long may use all of them for a while. No
    /// claim waits then, until one finds a free connection.
    waited_in_vain: bool,
    /// Whether any run ever waited for its written claim. Such tasks are better claimed in writing.
    wants_written: Arc<AtomicBool>,
}

impl Locks {
    /// `None` if the store offers no lock-claims, or the settings of the pool exclude them.
    pub(super) fn start(
        pool: &Arc<Pool>,
        open: &Arc<OpenBatches>,
        left: &Arc<LeftByLocks>,
    ) -> std::io::Result<Option<Self>> {
        let ((back, free), (to_commit, locked)) = (unbounded(), unbounded());
        let slots = if may_lock(pool.config.lock_claims, pool.config.retention) { SLOTS } else { 0 };
        let connections: Vec<Connection> =
            (0..slots).filter_map(|slot| pool.store.lock_claims(slot)).collect();
        if connections.is_empty() {
            return Ok(None);
        }
        for connection in connections {
            let committer = Committer::new(pool.clone(), locked.clone(), back.clone(), left.clone());
            pool.runtime.spawn("fang-committer", Box::pin(committer.run()))?;
            // The channel is open: its other end is here.
            let _ = back.try_send(connection);
        }
        Ok(Some(Self {
            pool: pool.clone(),
            free,
            back,
            to_commit,
            open: open.clone(),
            at_hand: None,
            listed_at: None,
            left: left.clone(),
            worth: Worth::default(),
            waited_in_vain: false,
            wants_written: Arc::default(),
        }))
    }

    /// Whether a lock-claim is worth it now. It is not while claims have to be reconciled, which only a written
    /// claim does.
    pub(super) fn are_worth_it(&self, policy: &ClaimPolicy, wanted: Wanted) -> bool {
        let (now, load) = (self.pool.now(), self.pool.state.gauge.load());
        !self.wants_written.load(Ordering::SeqCst)
            && !policy.is_in_doubt(now)
            && self.worth.is_given(now, load, policy.expects_many(wanted, now))
    }

    /// Waits a few milliseconds for a free connection. Returns whether there is one.
    pub(super) async fn wait_for_one(&mut self) -> bool {
        let mut found = self.free.try_recv().ok();
        if found.is_none() && !self.waited_in_vain {
            let (free, slot) = (&self.free, &mut found);
            let receive = Box::pin(async move { *slot = free.recv().await.ok() });
            first_of([receive, self.pool.sleep(WAIT)]).await;
        }
        self.waited_in_vain = found.is_none();
        self.at_hand = found;
        self.at_hand.is_some()
    }

    /// Removes the lists, unless a lock-claim was made a moment ago.
    pub(super) async fn tidy(&mut self, worker: WorkerId) {
        if self.listed_at.is_none_or(|at| self.pool.now().saturating_sub(at) < LISTED_FOR) {
            return;
        }
        let mut free: Vec<Connection> = std::iter::from_fn(|| self.free.try_recv().ok()).collect();
        let mut is_tidy = free.len() == usize::from(SLOTS.unsigned_abs());
        for connection in &mut free {
            is_tidy &= connection.unlist(worker).await.is_ok();
        }
        free.into_iter().for_each(|connection| self.give_back(connection));
        if is_tidy {
            self.listed_at = None;
        }
    }

    fn give_back(&self, connection: Connection) {
        // The channel is open: its other end is here.
        let _ = self.back.try_send(connection);
    }

    /// Lists the tasks for other processes to see, then lets them run. If listing fails, none of them runs: they
    /// stay where they were, before the scan floor, and other processes may turn them into written claims of this
    /// pool.
    async fn begin(
        &mut self,
        mut connection: Connection,
        (mut batch, mut tasks): (Batch, Vec<Claimed>),
        asked: Asked,
        policy: &mut ClaimPolicy,
    ) -> Result<ToRun, StoreError> {
        let has_apart = batch.set_apart(&mut tasks);
        batch.set_running_apart(&self.pool.state.in_flight, &mut tasks);
        let listed = match tasks.is_empty() {
            true => Ok(()),
            false => list(&mut connection, &mut batch, &mut tasks, &asked.task_type).await,
        };
        if listed.is_ok() {
            self.worth.locked();
        } else {
            self.worth.failed(self.pool.now());
            batch.forget(&mut tasks);
            policy.doubt(self.pool.now());
            policy.came_back();
        }
        let worker = batch.worker();
        self.pool.state.in_flight.add(worker, batch.keys());
        let results = Arc::new(LockedResults::new(tasks.len(), self.wants_written.clone()));
        self.listed_at = Some(self.pool.now());
        let (open, is_listed) = (self.open.one_more(), listed.is_ok());
        let locked = Locked { connection, batch, results: results.clone(), has_apart, is_listed, open };
        // Committers live as long as `self`, so the channel is open.
        let _ = self.to_commit.try_send(locked);
        listed.map(|()| ToRun { tasks, task_type: asked.task_type, worker, unwritten: Some(results) })
    }

    /// Claims, and reports the outcome to the policy.
    pub(super) async fn claim(
        &mut self,
        policy: &mut ClaimPolicy,
        wanted: Wanted,
    ) -> Result<ToRun, StoreError> {
        let lost = || StoreError::unreachable("no connection is free for a lock-claim".into());
        let mut connection = self.at_hand.take().ok_or_else(lost)?;
        let asked = policy.ask(wanted, self.pool.state.worker());
        self.left.claim_begins();
        match connection.lock(&asked.claim()).await {
            // The shutdown did not wait for this claim. Closing the connection releases its locks.
            Ok(_) if self.pool.phase.get() >= Phase::Closing => {
                drop(connection);
                Err(StoreError::unreachable("the pool has stopped".into()))
            }
            Ok(locked) => {
                let (batch, mut tasks) = Batch::new(asked.worker, locked);
                policy.claimed(self.pool.now(), &asked, &mut tasks, None);
                policy.locked(self.pool.now(), &asked);
                self.begin(connection, (batch, tasks), asked, policy).await
            }
            Err(error) => {
                self.give_back(connection);
                self.worth.failed(self.pool.now());
                policy.gave_up(self.pool.now(), &asked);
                Err(error)
            }
        }
    }
}

async fn list(
    connection: &mut Connection,
    batch: &mut Batch,
    tasks: &mut Vec<Claimed>,
    task_type: &str,
) -> Result<(), StoreError> {
    let theirs = connection.list(batch.worker(), task_type, &batch.keys()).await?;
    if !theirs.is_empty() {
        batch.yield_to(theirs, tasks);
    }
    Ok(())
}
