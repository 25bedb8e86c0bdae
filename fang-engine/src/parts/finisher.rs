//! The finisher: saves results in batches. A batch is all that came in while the last one was being saved, so a
//! single result is saved at once, and under load many share a commit.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::retry_pause::RetryPause;
use crate::signal::{SetAtEnd, first_of};
use crate::state::results::{MAX_BATCH, by_worker, without_bad_data};
use crate::state::{Finished, Pool};
use async_channel::Receiver;
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::store::{Finish, WorkerId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

pub(crate) struct Finisher {
    pool: Arc<Pool>,
    results: Receiver<Finished>,
    /// Set when the finisher ends, even if it is dropped with its runtime.
    _ended: SetAtEnd,
}

impl Finisher {
    pub(crate) fn new(pool: Arc<Pool>, results: Receiver<Finished>) -> Self {
        let ended = SetAtEnd::new(&pool.finisher_ended);
        Self { pool, results, _ended: ended }
    }

    /// Saves until no more results can come.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    /// Waits for results and takes all of them. Returns `false` when no more will come.
    async fn gather(&self, batch: &mut Vec<Finished>) -> bool {
        if self.take_all(batch) {
            return true;
        }
        let first = Box::pin(async { batch.extend(self.results.recv().await) });
        first_of([first, Box::pin(self.pool.phase.reached(Phase::Closing))]).await;
        self.take_all(batch)
    }

    fn take_all(&self, batch: &mut Vec<Finished>) -> bool {
        let room = MAX_BATCH - batch.len();
        batch.extend(std::iter::from_fn(|| self.results.try_recv().ok()).take(room));
        !batch.is_empty()
    }

    async fn save(&self, worker: WorkerId, may_be_saved: bool, results: Vec<Finish>) {
        let claims: Vec<(Uuid, i32)> = results.iter().map(|result| (result.id, result.lease)).collect();
        let mut saved = 0;
        // The store may refuse a batch for its data. Then its halves are tried, until the bad result is alone.
        let mut parts = vec![results];
        while let Some(part) = parts.pop() {
            match self.save_with_patience(worker, &part).await {
                Ok(hit) => saved += hit,
                Err(error) => {
                    log::warn!("the store refused the data of one of {} results: {error}", part.len());
                    parts.extend(without_bad_data(part));
                }
            }
        }
        self.pool.state.gauge.saved(claims.len());
        let late = if may_be_saved { 0 } else { (claims.len() as u64).saturating_sub(saved) };
        self.pool.state.in_flight.remove(claims);
        if late > 0 {
            self.pool.state.stats.late.fetch_add(late, Ordering::Relaxed);
            log::warn!(
                "{late} results came too late and were dropped: their tasks were removed or belong to others now"
            );
        }
    }

    /// Tries until the store takes the results or refuses their data, or the pool gives up.
    async fn save_with_patience(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let mut pause = RetryPause::default();
        loop {
            let error = match self.pool.store.finish(worker, results).await {
                Ok(saved) if pause.is_first() => return Ok(saved),
                Ok(saved) => {
                    log::info!("results can be saved again");
                    return Ok(self.counted(worker, results, saved));
                }
                Err(error) if error.nature() == Nature::Data => return Err(error),
                Err(error) => error,
            };
            if pause.is_first() {
                log::warn!("results cannot be saved; they are kept and sent again: {error}");
            }
            if self.pool.phase.get() >= Phase::GivingUp {
                log::error!(
                    "{} results could not be saved before the shutdown; their tasks will run again",
                    results.len()
                );
                return Ok(results.len() as u64);
            }
            self.pool.wait_for_answer(&mut pause, Phase::GivingUp).await;
        }
    }

    /// How many of the results that were sent again count as saved. A row that was not hit may have been saved by an
    /// earlier try whose answer was lost. If the pool was declared dead meanwhile, its task belongs to others.
    fn counted(&self, worker: WorkerId, results: &[Finish], saved: u64) -> u64 {
        if worker == self.pool.state.worker() { results.len() as u64 } else { saved }
    }
}

impl Part for Finisher {
    const NAME: &str = "finisher";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while self.gather(&mut batch).await {
            for (worker, may_be_saved, results) in by_worker(&mut batch) {
                self.save(worker, may_be_saved, results).await;
            }
        }
    }
}
