//! Tasks that wait again after their run.

use super::run_signals::RunKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The claims whose results make their tasks wait again, each with its task type, since results carry none.
/// The claimer is told when they become due.
#[derive(Debug, Default)]
pub struct Again(Mutex<HashMap<RunKey, Arc<str>>>);

impl Again {
    /// Adds the claim of a task that will wait again once its result is saved.
    pub fn add(&self, claim: RunKey, task_type: Arc<str>) {
        self.with(|claims| claims.insert(claim, task_type));
    }

    /// Removes these claims. Returns the task type of each that was there, in order.
    pub fn take<T>(&self, results: impl Iterator<Item = (RunKey, T)>) -> Vec<(Arc<str>, T)> {
        self.with(|claims| match claims.is_empty() {
            true => Vec::new(),
            false => results.filter_map(|(claim, told)| Some((claims.remove(&claim)?, told))).collect(),
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<RunKey, Arc<str>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn each_claim_is_taken_once_with_its_task_type() {
        let (again, claim) = (Again::default(), |n| (Uuid::from_u128(n), 1));
        again.add(claim(1), "mail".into());
        let taken = [(); 2].map(|()| again.take([(claim(2), "other"), (claim(1), "own")].into_iter()));
        assert_eq!(taken, [vec![("mail".into(), "own")], vec![]]);
    }
}
