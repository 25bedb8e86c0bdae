//! Claims that write nothing: tasks run while a transaction keeps their rows, and what ends in time goes with it.

use crate::engine::Engine;
use fang_core::StoreError;
use fang_core::hold::{AT_MOST, Batch, Hold, SLOTS, Settled};
use fang_core::pauses::Pauses;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::store::{Holder, WorkerId};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

/// How long a claim waits for one of them before it is made in the ordinary way.
const WAIT: Duration = Duration::from_millis(10);

/// What was listed is forgotten once nothing has been held for so long.
const LISTED_FOR: Duration = Duration::from_secs(1);

/// Where the results go of tasks that are held.
pub(crate) struct HeldBatch {
    hold: Hold,
    all_in: Notify,
}

impl HeldBatch {
    pub(crate) fn new(tasks: usize) -> Arc<Self> {
        let batch = Self { hold: Hold::new(tasks), all_in: Notify::new() };
        if tasks == 0 {
            batch.all_in.notify_one();
        }
        Arc::new(batch)
    }

    /// Takes a result, or gives it back to be saved as that of any claim.
    pub(crate) fn take(&self, result: Finished) -> Option<Finished> {
        let (back, is_last) = self.hold.take(result);
        if is_last {
            self.all_in.notify_one();
        }
        back
    }
}

/// The connections that can hold tasks.
pub(crate) struct Holders {
    free: mpsc::UnboundedReceiver<Box<dyn Holder>>,
    back: mpsc::UnboundedSender<Box<dyn Holder>>,
    results: mpsc::UnboundedSender<Finished>,
    /// Closed once all that was held is settled.
    alive: mpsc::Sender<Infallible>,
    can_hold: bool,
    /// When something was listed last, if it still is.
    listed_at: Option<Instant>,
    /// Whether tasks were left out that want an ordinary claim.
    apart: Arc<AtomicBool>,
}

impl Holders {
    /// None, if the store has none or nothing is to be held.
    pub(crate) fn new(
        engine: &Engine,
        wanted: bool,
        results: mpsc::UnboundedSender<Finished>,
        alive: mpsc::Sender<Infallible>,
    ) -> Self {
        let (back, free) = mpsc::unbounded_channel();
        let slots = if wanted { SLOTS } else { 0 };
        let holders: Vec<_> = (0..slots).filter_map(|slot| engine.store.holder(slot)).collect();
        let can_hold = !holders.is_empty();
        holders.into_iter().for_each(|holder| drop(back.send(holder)));
        Self { free, back, results, alive, can_hold, listed_at: None, apart: Arc::default() }
    }

    /// Whether there are any, and no task waits for an ordinary claim.
    pub(crate) fn may_hold(&self) -> bool {
        self.can_hold && !self.apart.load(Ordering::Relaxed)
    }

    /// Whether an ordinary claim is to look from the beginning, since some tasks wait for it.
    pub(crate) fn take_apart(&self) -> bool {
        self.apart.swap(false, Ordering::Relaxed)
    }

    /// One that is free, or soon will be.
    pub(crate) async fn free(&mut self) -> Option<Box<dyn Holder>> {
        timeout(WAIT, self.free.recv()).await.ok().flatten()
    }

    pub(crate) fn give_back(&self, holder: Box<dyn Holder>) {
        let _ = self.back.send(holder);
    }

    /// Forgets what was listed, unless something has been held just now: others read it whenever they claim.
    pub(crate) async fn tidy(&mut self, worker: WorkerId) {
        if self.listed_at.is_none_or(|at| at.elapsed() < LISTED_FOR) {
            return;
        }
        let mut free: Vec<Box<dyn Holder>> = std::iter::from_fn(|| self.free.try_recv().ok()).collect();
        let mut is_tidy = free.len() == usize::from(SLOTS.unsigned_abs());
        for holder in &mut free {
            is_tidy &= holder.unlist(worker).await.is_ok();
        }
        free.into_iter().for_each(|holder| self.give_back(holder));
        if is_tidy {
            self.listed_at = None;
        }
    }

    /// Settles the batch once all its results are in, or it has been held for long enough.
    pub(crate) fn settle(&mut self, engine: &Arc<Engine>, holding: Holding) {
        self.listed_at = Some(Instant::now());
        let settler = Settler {
            engine: engine.clone(),
            holding,
            results: self.results.clone(),
            apart: self.apart.clone(),
        };
        let (back, alive) = (self.back.clone(), self.alive.clone());
        tokio::spawn(async move {
            let _ = back.send(settler.run().await);
            drop(alive);
        });
    }
}

/// What one connection holds.
pub(crate) struct Holding {
    pub(crate) holder: Box<dyn Holder>,
    pub(crate) batch: Batch,
    pub(crate) held: Arc<HeldBatch>,
    pub(crate) has_apart: bool,
    /// Whether all of it that runs is listed, and nothing else.
    pub(crate) is_listed: bool,
}

struct Settler {
    engine: Arc<Engine>,
    holding: Holding,
    results: mpsc::UnboundedSender<Finished>,
    apart: Arc<AtomicBool>,
}

impl Settler {
    async fn run(mut self) -> Box<dyn Holder> {
        let _ = timeout(AT_MOST, self.holding.held.all_in.notified()).await;
        let Settled { settlement, removed, mut others } =
            self.holding.batch.settle(self.holding.held.hold.settle());
        match self.holding.holder.settle(&settlement).await {
            Ok(()) => self.saved(&removed),
            Err(error) => {
                self.lease(&error).await;
                // It may have been written all the same.
                others.extend(removed.into_iter().map(|result| Finished { may_be_saved: true, ..result }));
            }
        }
        self.engine.surroundings.runs.let_go(&self.holding.batch.list());
        others.extend(self.holding.held.hold.over());
        others.into_iter().for_each(|result| drop(self.results.send(result)));
        if self.holding.has_apart {
            self.apart.store(true, Ordering::Relaxed);
        }
        if !self.holding.is_listed {
            // If this fails, it is forgotten with the next list.
            let _ = self.holding.holder.unlist(self.holding.batch.worker()).await;
        }
        self.engine.room.notify_one();
        self.holding.holder
    }

    fn saved(&self, removed: &[Finished]) {
        self.engine.gauge.saved(removed.len());
        self.engine.held.remove(removed.iter().map(|saved| (saved.result.id, saved.result.lease)));
    }

    /// The locks are gone, and the tasks may run on: makes claims of them, unless others have done so by now.
    async fn lease(&mut self, error: &StoreError) {
        log::warn!("the connection that held tasks was lost; they are claimed in the ordinary way: {error}");
        let tasks = self.holding.batch.list();
        let mut pauses = Pauses::default();
        while let Err(error) = self.holding.holder.lease(self.holding.batch.worker(), &tasks).await {
            if *self.engine.phase.borrow() >= Phase::GivingUp {
                log::error!("{} tasks that were held are given up; some may run again: {error}", tasks.len());
                return;
            }
            tokio::time::sleep(pauses.next(fastrand::f64())).await;
        }
        self.engine.held.lost_locks(tasks);
    }
}
