//! Claims that write nothing: tasks run while a transaction keeps their rows, and what ends in time goes with it.

use crate::block_on::block_on;
use crate::engine::Engine;
use crate::supervisor::panicked;
use crate::waiting::{Deadline, Part, no_thread};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use fang_core::StoreError;
use fang_core::hold::{AT_MOST, Batch, Hold, SLOTS, Settled};
use fang_core::pauses::Pauses;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::store::{Holder, WorkerId};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long a claim waits for one of them before it is made in the ordinary way.
const WAIT: Duration = Duration::from_millis(10);

/// What was listed is forgotten once nothing has been held for so long.
const LISTED_FOR: Duration = Duration::from_secs(1);

/// Where the results go of tasks that are held.
pub(crate) struct HeldBatch {
    hold: Hold,
    last: Sender<()>,
    all_in: Receiver<()>,
}

impl HeldBatch {
    pub(crate) fn new(tasks: usize) -> Arc<Self> {
        let (last, all_in) = bounded(1);
        let batch = Self { hold: Hold::new(tasks), last, all_in };
        if tasks == 0 {
            batch.all_are_in();
        }
        Arc::new(batch)
    }

    /// Takes a result, or gives it back to be saved as that of any claim.
    pub(crate) fn take(&self, result: Finished) -> Option<Finished> {
        let (back, is_last) = self.hold.take(result);
        if is_last {
            self.all_are_in();
        }
        back
    }

    fn all_are_in(&self) {
        let _ = self.last.try_send(());
    }
}

/// The connections that can hold tasks.
pub(crate) struct Holders {
    free: Receiver<Box<dyn Holder>>,
    back: Sender<Box<dyn Holder>>,
    to_settle: Sender<(Holding, Option<Work>)>,
    work: Weak<Sender<Infallible>>,
    can_hold: bool,
    /// When something was listed last, if it still is.
    listed_at: Option<Instant>,
    /// Whether tasks were left out that want an ordinary claim.
    apart: Arc<AtomicBool>,
}

/// Dropped once a batch is settled.
type Work = Arc<Sender<Infallible>>;

/// The threads that settle what was held; they end after the [`Holders`].
pub(crate) struct Settlers {
    work: Work,
    done: Receiver<Infallible>,
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

impl Holders {
    /// None, if the store has none or nothing is to be held.
    pub(crate) fn start(
        engine: &Arc<Engine>,
        wanted: bool,
        results: &Sender<Finished>,
    ) -> Result<(Self, Settlers), StoreError> {
        let ((back, free), (to_settle, holdings)) = (unbounded(), unbounded());
        let slots = if wanted { SLOTS } else { 0 };
        let holders: Vec<_> = (0..slots).filter_map(|slot| engine.store.holder(slot)).collect();
        let apart = Arc::<AtomicBool>::default();
        for _ in &holders {
            let settler = Settler {
                engine: engine.clone(),
                holdings: holdings.clone(),
                back: back.clone(),
                results: results.clone(),
                apart: apart.clone(),
            };
            Part::spawn("fang-settler", move || settler.run()).map_err(no_thread)?;
        }
        let (work, done) = bounded(0);
        let settlers = Settlers { work: Arc::new(work), done };
        let can_hold = !holders.is_empty();
        holders.into_iter().for_each(|holder| drop(back.send(holder)));
        let work = Arc::downgrade(&settlers.work);
        Ok((Self { free, back, to_settle, work, can_hold, listed_at: None, apart }, settlers))
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
    pub(crate) fn free(&self) -> Option<Box<dyn Holder>> {
        self.free.recv_timeout(WAIT).ok()
    }

    pub(crate) fn give_back(&self, holder: Box<dyn Holder>) {
        let _ = self.back.send(holder);
    }

    /// Forgets what was listed, unless something has been held just now: others read it whenever they claim.
    pub(crate) fn tidy(&mut self, worker: WorkerId) {
        if self.listed_at.is_none_or(|at| at.elapsed() < LISTED_FOR) {
            return;
        }
        let mut free: Vec<Box<dyn Holder>> = std::iter::from_fn(|| self.free.try_recv().ok()).collect();
        let mut is_tidy = free.len() == usize::from(SLOTS.unsigned_abs());
        for holder in &mut free {
            is_tidy &= block_on(holder.unlist(worker)).is_ok();
        }
        free.into_iter().for_each(|holder| self.give_back(holder));
        if is_tidy {
            self.listed_at = None;
        }
    }

    /// Settles the batch once all its results are in, or it has been held for long enough.
    pub(crate) fn settle(&mut self, holding: Holding) {
        self.listed_at = Some(Instant::now());
        let _ = self.to_settle.send((holding, self.work.upgrade()));
    }
}

impl Settlers {
    /// Waits until all that was held is settled. The threads may go on: a claim that hangs keeps them.
    pub(crate) fn join_by(self, deadline: Deadline) {
        drop(self.work);
        let _ = self.done.recv_deadline(deadline.instant());
    }
}

struct Settler {
    engine: Arc<Engine>,
    holdings: Receiver<(Holding, Option<Work>)>,
    back: Sender<Box<dyn Holder>>,
    results: Sender<Finished>,
    apart: Arc<AtomicBool>,
}

impl Settler {
    fn run(self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("settler");
        }
    }

    fn work(&self) {
        for (holding, work) in &self.holdings {
            let _ = self.back.send(self.settle(holding));
            drop(work);
        }
    }

    fn settle(&self, holding: Holding) -> Box<dyn Holder> {
        let Holding { mut holder, batch, held, has_apart, is_listed } = holding;
        let _ = held.all_in.recv_timeout(AT_MOST);
        let Settled { settlement, removed, mut others } = batch.settle(held.hold.settle());
        match block_on(holder.settle(&settlement)) {
            Ok(()) => self.saved(&removed),
            Err(error) => {
                self.lease(holder.as_mut(), &batch, &error);
                // It may have been written all the same.
                others.extend(removed.into_iter().map(|result| Finished { may_be_saved: true, ..result }));
            }
        }
        self.engine.surroundings.runs.let_go(&batch.list());
        others.extend(held.hold.over());
        others.into_iter().for_each(|result| drop(self.results.send(result)));
        if has_apart {
            self.apart.store(true, Ordering::Relaxed);
        }
        if !is_listed {
            // If this fails, it is forgotten with the next list.
            let _ = block_on(holder.unlist(batch.worker()));
        }
        self.engine.notify.room();
        holder
    }

    fn saved(&self, removed: &[Finished]) {
        self.engine.gauge.saved(removed.len());
        self.engine.held.remove(removed.iter().map(|saved| (saved.result.id, saved.result.lease)));
    }

    /// The locks are gone, and the tasks may run on: makes claims of them, unless others have done so by now.
    fn lease(&self, holder: &mut dyn Holder, batch: &Batch, error: &StoreError) {
        log::warn!("the connection that held tasks was lost; they are claimed in the ordinary way: {error}");
        let tasks = batch.list();
        let mut pauses = Pauses::default();
        while let Err(error) = block_on(holder.lease(batch.worker(), &tasks)) {
            if self.engine.phase.get() >= Phase::GivingUp {
                log::error!("{} tasks that were held are given up; some may run again: {error}", tasks.len());
                return;
            }
            self.engine.phase.wait_for(Phase::GivingUp, pauses.next(fastrand::f64()));
        }
        self.engine.held.lost_locks(tasks);
    }
}
