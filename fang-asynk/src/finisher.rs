//! Gathers results and saves them in batches: a batch is whatever came in while the last one was
//! being saved, so a lone result is saved at once and many share a commit.

use crate::engine::{Engine, Finished, Phase};
use fang_core::StoreError;
use fang_core::decide::without_refused_data;
use fang_core::error::Nature;
use fang_core::store::{Finish, WorkerId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// The most results that are saved in one batch.
const MAX_BATCH: usize = 500;

const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

pub(crate) struct Finisher {
    pub(crate) engine: Arc<Engine>,
    pub(crate) results: mpsc::UnboundedReceiver<Finished>,
}

impl Finisher {
    /// Saves until no more results can come.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while self.results.recv_many(&mut batch, MAX_BATCH).await > 0 {
            for (worker, results) in by_worker(&mut batch) {
                self.save(worker, results).await;
            }
        }
    }

    async fn save(&self, worker: WorkerId, results: Vec<Finish>) {
        let count = results.len();
        let mut saved = 0;
        // Halves of batches that the store refused for their data, until the bad row stands alone.
        let mut parts = vec![results];
        while let Some(part) = parts.pop() {
            match self.save_with_patience(worker, &part).await {
                Ok(hit) => saved += hit,
                Err(error) => parts.extend(without_bad_data(part, &error)),
            }
        }
        self.engine.gauge.saved(count);
        let late = (count as u64).saturating_sub(saved);
        if late > 0 {
            self.engine.stats.late.fetch_add(late, Ordering::Relaxed);
            log::warn!("{late} results came too late and were dropped: their tasks belong to others now");
        }
    }

    /// Tries until the store takes the results, refuses their data, or the pool gives up.
    async fn save_with_patience(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let mut delay = FIRST_DELAY;
        loop {
            let error = match self.engine.store.finish(worker, results).await {
                Ok(saved) => {
                    if delay > FIRST_DELAY {
                        log::info!("results can be saved again");
                    }
                    return Ok(saved);
                }
                Err(error) if error.nature() == Nature::Data => return Err(error),
                Err(error) => error,
            };
            if delay == FIRST_DELAY {
                log::warn!("results cannot be saved, they are kept: {error}");
            }
            if *self.engine.phase.borrow() >= Phase::Aborting {
                log::error!("{} results are given up: their tasks will run again", results.len());
                return Ok(results.len() as u64);
            }
            tokio::time::sleep(delay.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
    }
}

/// The results of each identity, in the order of their ids, so that two batches never wait for
/// each other's rows.
fn by_worker(batch: &mut Vec<Finished>) -> Vec<(WorkerId, Vec<Finish>)> {
    batch.sort_unstable_by_key(|finished| (finished.worker, finished.result.id));
    let mut groups: Vec<(WorkerId, Vec<Finish>)> = Vec::with_capacity(1);
    for Finished { result, worker } in batch.drain(..) {
        match groups.last_mut() {
            Some((last, results)) if *last == worker => results.push(result),
            _ => groups.push((worker, vec![result])),
        }
    }
    groups
}

/// What to try instead of a batch whose data was refused: its halves; or, for a single result, the
/// same one without what may have been wrong with it.
fn without_bad_data(mut part: Vec<Finish>, error: &StoreError) -> Vec<Vec<Finish>> {
    if part.len() > 1 {
        let rest = part.split_off(part.len() / 2);
        return vec![part, rest];
    }
    let Some(result) = part.pop() else { return Vec::new() };
    let verdict = without_refused_data(&result.verdict);
    if verdict == result.verdict {
        log::error!("the result of task {} cannot be saved and is dropped: {error}", result.id);
        return Vec::new();
    }
    vec![vec![Finish { verdict, ..result }]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::Verdict;
    use uuid::Uuid;

    fn result(id: u128, verdict: Verdict) -> Finish {
        Finish { id: Uuid::from_u128(id), lease: 1, verdict }
    }

    #[test]
    fn results_are_grouped_by_identity_and_sorted_by_id() {
        let of = |worker, id| Finished { worker: WorkerId(worker), result: result(id, Verdict::Remove) };
        let groups = by_worker(&mut vec![of(2, 1), of(1, 9), of(2, 0), of(1, 3)]);
        let ids: Vec<_> = groups
            .iter()
            .map(|(worker, results)| (worker.0, results.iter().map(|result| result.id.as_u128()).collect()))
            .collect();
        assert_eq!(ids, [(1, vec![3, 9]), (2, vec![0, 1])]);
    }

    #[test]
    fn a_refused_batch_is_split_until_the_bad_row_stands_alone_and_is_then_rewritten_once() {
        let error = StoreError::from_sqlstate("22P05", "bad".into());
        let fail = |error: &str| Verdict::Fail { error: error.into() };
        let halves =
            without_bad_data(vec![result(1, fail("a")), result(2, fail("b")), result(3, fail("c"))], &error);
        assert_eq!(halves.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
        let rewritten = without_bad_data(vec![result(1, fail("a"))], &error).remove(0);
        assert_ne!(rewritten[0].verdict, fail("a"));
        assert!(without_bad_data(rewritten, &error).is_empty());
    }
}
