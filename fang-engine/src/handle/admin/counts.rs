//! Counts that look at a bounded number of tasks.

use super::Admin;
use fang_core::store::{Capped, Filter, Matching, Overview, PageRequest};
use fang_core::{FangTaskState, QueueError};

impl Admin {
    /// Counts the tasks that match a filter. The count stops at 10,000 matching tasks, or after it has looked at some
    /// 100,000 tasks. The limit of the filter has no effect.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    pub async fn count_matching(&self, filter: &Filter) -> Result<Matching, QueueError> {
        let mut request = PageRequest { count_only: true, ..PageRequest::new(filter) };
        let mut sum = Matching::default();
        loop {
            let page = self.store.page(&request).await?;
            sum.tasks += page.matched;
            sum.looked += page.looked;
            request.after = page.next;
            let is_over = sum.tasks > Capped::MAX || sum.looked >= Matching::MAX_LOOKED;
            if is_over || page.next.is_none() {
                sum.is_cut = page.next.is_some() || sum.tasks > Capped::MAX;
                sum.tasks = sum.tasks.min(Capped::MAX);
                return Ok(sum);
            }
        }
    }

    /// Counts the tasks that wait, that are due, that run, and that have failed. It does not read the whole table.
    /// [`Overview`] says where each count stops.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn overview(&self) -> Result<Overview, QueueError> {
        let depths = self.depths().await?;
        let running = self.count_matching(&Filter::in_state(FangTaskState::InProgress)).await?;
        let failed = self.count_matching(&Filter::in_state(FangTaskState::Failed)).await?;
        Ok(Overview::new(&depths, running, failed))
    }
}
