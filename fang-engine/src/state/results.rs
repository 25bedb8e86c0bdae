//! Results on their way to the store, in batches.

use crate::policy::decide::without_refused_data;
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
pub fn by_worker(batch: &mut Vec<Finished>) -> Vec<(WorkerId, bool, Vec<Finish>)> {
    batch.sort_unstable_by_key(|finished| (finished.worker, finished.may_be_saved, finished.result.id));
    let mut groups: Vec<(WorkerId, bool, Vec<Finish>)> = Vec::with_capacity(1);
    for Finished { result, worker, may_be_saved } in batch.drain(..) {
        match groups.last_mut() {
            Some((last, saved, results)) if (*last, *saved) == (worker, may_be_saved) => results.push(result),
            _ => groups.push((worker, may_be_saved, vec![result])),
        }
    }
    groups
}

/// Batches to try instead of one whose data the store refused: its halves; for a single result, the same one without
/// its error text; and none when that was refused too.
pub fn without_bad_data(mut part: Vec<Finish>) -> Vec<Vec<Finish>> {
    if part.len() > 1 {
        let rest = part.split_off(part.len() / 2);
        return vec![part, rest];
    }
    let Some(result) = part.pop() else { return Vec::new() };
    let verdict = without_refused_data(&result.verdict);
    if verdict == result.verdict { Vec::new() } else { vec![vec![Finish { verdict, ..result }]] }
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
        let of = |worker, id| Finished {
            worker: WorkerId(worker),
            result: result(id, Verdict::Remove),
            may_be_saved: id == 0,
        };
        let groups = by_worker(&mut vec![of(2, 1), of(1, 9), of(2, 0), of(1, 3)]);
        let ids: Vec<_> = groups
            .iter()
            .map(|(worker, _, results)| {
                (worker.0, results.iter().map(|result| result.id.as_u128()).collect())
            })
            .collect();
        assert_eq!(ids, [(1, vec![3, 9]), (2, vec![1]), (2, vec![0])]);
    }

    #[test]
    fn a_refused_batch_is_split_until_the_bad_row_stands_alone_and_is_then_rewritten_once() {
        let fail = |error: &str| Verdict::Fail { error: error.into() };
        let halves = without_bad_data(vec![result(1, fail("a")), result(2, fail("b")), result(3, fail("c"))]);
        assert_eq!(halves.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
        let rewritten = without_bad_data(vec![result(1, fail("a"))]).remove(0);
        assert_ne!(rewritten[0].verdict, fail("a"));
        assert!(without_bad_data(rewritten).is_empty());
    }
}
