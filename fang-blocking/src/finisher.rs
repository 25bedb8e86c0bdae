//! Gathers results and saves them in batches: a batch is whatever came in while the last one was
//! being saved, so a lone result is saved at once and many share a commit.

use crate::block_on::block_on;
use crate::engine::Engine;
use crate::supervisor::panicked;
use crossbeam_channel::Receiver;
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::pauses::Pauses;
use fang_core::pool::Phase;
use fang_core::results::{Finished, MAX_BATCH, by_worker, without_bad_data};
use fang_core::store::{Finish, WorkerId};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

pub(crate) struct Finisher {
    pub(crate) engine: Arc<Engine>,
    pub(crate) results: Receiver<Finished>,
    /// Closed when no more results will come.
    pub(crate) closing: Receiver<Infallible>,
}

impl Finisher {
    /// Saves until no more results can come.
    pub(crate) fn run(self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("finisher");
        }
    }

    fn work(&self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while self.gather(&mut batch) {
            for (worker, may_be_saved, results) in by_worker(&mut batch) {
                self.save(worker, may_be_saved, results);
            }
        }
    }

    /// Waits for results and takes all there are; `false` when no more will come.
    fn gather(&self, batch: &mut Vec<Finished>) -> bool {
        let first = crossbeam_channel::select_biased! {
            recv(self.results) -> result => result.ok(),
            // A run that could not be stopped still holds a sender.
            recv(self.closing) -> _ => None,
        };
        batch.extend(first);
        if !batch.is_empty() {
            batch.extend(self.results.try_iter().take(MAX_BATCH - 1));
        }
        !batch.is_empty()
    }

    fn save(&self, worker: WorkerId, may_be_saved: bool, results: Vec<Finish>) {
        let claims: Vec<(Uuid, i32)> = results.iter().map(|result| (result.id, result.lease)).collect();
        let mut saved = 0;
        // Halves of batches that the store refused for their data, until the bad row stands alone.
        let mut parts = vec![results];
        while let Some(part) = parts.pop() {
            match self.save_with_patience(worker, &part) {
                Ok(hit) => saved += hit,
                Err(error) => {
                    log::warn!("the store refused the data of a result among {}: {error}", part.len());
                    parts.extend(without_bad_data(part));
                }
            }
        }
        self.engine.gauge.saved(claims.len());
        let late = if may_be_saved { 0 } else { (claims.len() as u64).saturating_sub(saved) };
        self.engine.held.remove(claims);
        if late > 0 {
            self.engine.stats.late.fetch_add(late, Ordering::Relaxed);
            log::warn!("{late} results came too late and were dropped: their tasks belong to others now");
        }
    }

    /// Tries until the store takes the results, refuses their data, or the pool gives up.
    fn save_with_patience(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let mut pauses = Pauses::default();
        loop {
            let error = match block_on(self.engine.store.finish(worker, results)) {
                Ok(saved) => {
                    if pauses.is_first() {
                        return Ok(saved);
                    }
                    log::info!("results can be saved again");
                    return Ok(self.counted(worker, results, saved));
                }
                Err(error) if error.nature() == Nature::Data => return Err(error),
                Err(error) => error,
            };
            if pauses.is_first() {
                log::warn!("results cannot be saved, they are kept: {error}");
            }
            if self.engine.phase.get() >= Phase::GivingUp {
                log::error!("{} results are given up: their tasks will run again", results.len());
                return Ok(results.len() as u64);
            }
            self.engine.phase.wait_for(Phase::GivingUp, pauses.next(fastrand::f64()));
        }
    }

    /// How many of results that were sent again are saved. A row that is no longer held may have been saved
    /// the first time, its answer lost; or its task belongs to others, if the pool was declared dead.
    fn counted(&self, worker: WorkerId, results: &[Finish], saved: u64) -> u64 {
        if worker == self.engine.worker() { results.len() as u64 } else { saved }
    }
}
