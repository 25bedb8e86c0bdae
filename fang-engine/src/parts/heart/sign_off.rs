//! The end of the heart.

use super::Heart;
use fang_core::store::Disown;
use std::time::Duration;

/// The pause before signing off is tried again. The connections may have gone down together with their runtime.
const SIGN_OFF_AGAIN: Duration = Duration::from_millis(100);

impl Heart {
    /// Gives back all tasks that the store still counts for this pool, then marks the worker dead.
    pub(super) async fn sign_off(&mut self) {
        let report = self.report();
        let (store, worker) = (&self.pool.store, self.pool.state.worker());
        let all = Disown::all_of(worker).by_heart();
        let mut outcome = store.disown(&all).await;
        if outcome.is_err() {
            self.pool.sleep(SIGN_OFF_AGAIN).await;
            outcome = store.disown(&all).await;
        }
        let outcome = outcome.and(store.retire(worker, &report).await);
        if let Err(error) = outcome {
            log::debug!("the pool could not sign off; others take its tasks when its lease ends: {error}");
        }
    }
}
