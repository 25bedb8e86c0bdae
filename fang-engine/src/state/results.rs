//! Results on their way to the store, in batches.

use crate::policy::aside::Source;
use fang_core::store::{Finish, WorkerId};

/// The most results that are saved in one batch.
pub const MAX_BATCH: usize = 500;

/// The result of a run, and the worker id that claimed its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The result to save.
    pub result: Finish,
    /// The worker id that claimed the task.
    pub worker: WorkerId,
    /// Whether the run has saved its success itself, in a transaction of the application. Once that has committed,
    /// this result no longer hits the task, but it is not late.
    pub may_be_saved: bool,
}

/// Groups results by worker id, those that may be saved already apart, and sorts them by task id, so that two
/// batches never wait for each other's rows. Leaves the batch empty.
pub fn by_worker(batch: &mut Vec<Finished>) -> Vec<(Source, Vec<Finish>)> {
    batch.sort_unstable_by_key(|finished| (finished.worker, finished.may_be_saved, finished.result.id));
    let mut groups: Vec<(Source, Vec<Finish>)> = Vec::with_capacity(1);
    for Finished { result, worker, may_be_saved } in batch.drain(..) {
        let source = Source { worker, may_be_saved };
        match groups.last_mut() {
            Some((last, results)) if *last == source => results.push(result),
            _ => groups.push((source, vec![result])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::Verdict;
    use uuid::Uuid;

    fn result(id: u128, verdict: Verdict) -> Finish {
        Finish { id: Uuid::from_u128(id), lease: 1, verdict, keep: None }
    }

    #[test]
    fn results_are_grouped_by_identity_and_sorted_by_id() {
        let of = |worker, id| Finished {
            worker: WorkerId(worker),
            result: result(id, Verdict::Remove),
            may_be_saved: id == 0,
        };
        let groups = by_worker(&mut vec![of(2, 1), of(1, 9), of(2, 0), of(1, 3)]);
        let ids: Vec<_> = groups
            .iter()
            .map(|(source, results)| {
                (source.worker.0, results.iter().map(|result| result.id.as_u128()).collect())
            })
            .collect();
        assert_eq!(ids, [(1, vec![3, 9]), (2, vec![1]), (2, vec![0])]);
    }
}
