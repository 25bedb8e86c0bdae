//! Tasks that wait again after their run.

use super::run_signals::RunKey;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The claims whose results make their tasks wait again, each with the index of its task type, since results carry none.
/// The claimer is told when they become due.
#[derive(Debug, Default)]
pub struct Again(Mutex<HashMap<RunKey, usize>>);

impl Again {
    /// Adds the claim of a task that will wait again once its result is saved.
    pub fn add(&self, claim: RunKey, index: usize) {
        self.with(|claims| claims.insert(claim, index));
    }

    /// Removes these claims. Returns the index of the task type for each that was there, in order.
    pub fn take<T>(&self, results: impl Iterator<Item = (RunKey, T)>) -> Vec<(usize, T)> {
        self.with(|claims| match claims.is_empty() {
            true => Vec::new(),
            false => results.filter_map(|(claim, told)| Some((claims.remove(&claim)?, told))).collect(),
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<RunKey, usize>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn each_claim_is_taken_once_with_the_index_of_its_task_type() {
        let (again, claim) = (Again::default(), |n| (Uuid::from_u128(n), 1));
        again.add(claim(1), 7);
        let taken = [(); 2].map(|()| again.take([(claim(2), "other"), (claim(1), "own")].into_iter()));
        assert_eq!(taken, [vec![(7, "own")], vec![]]);
    }
}
