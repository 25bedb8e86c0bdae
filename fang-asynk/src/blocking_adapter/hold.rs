//! The connections of a blocking store that hold tasks.

use async_trait::async_trait;
use fang_core::StoreError;
use fang_core::store::{AsyncHolder, Claim, HeldTask, Holder, Lane, Settlement, WorkerId};
use uuid::Uuid;

/// A claim that another thread can have.
pub(super) struct OwnClaim {
    worker: WorkerId,
    task_type: String,
    limit: usize,
    lanes: Vec<Lane>,
    crowded: bool,
}

impl OwnClaim {
    pub(super) fn new(claim: &Claim<'_>) -> Self {
        let Claim { worker, task_type, limit, lanes, crowded } = *claim;
        Self { worker, task_type: task_type.to_owned(), limit, lanes: lanes.to_vec(), crowded }
    }

    pub(super) fn as_claim(&self) -> Claim<'_> {
        let Self { worker, task_type, limit, lanes, crowded } = self;
        Claim { worker: *worker, task_type, limit: *limit, lanes, crowded: *crowded }
    }
}

/// Its holder is with a thread while that does something.
pub(super) struct HolderAdapter(Option<Box<dyn Holder>>);

impl HolderAdapter {
    pub(super) fn new(holder: Box<dyn Holder>) -> Self {
        Self(Some(holder))
    }

    async fn call<T: Send + 'static>(
        &mut self,
        verb: impl FnOnce(&mut dyn Holder) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::unreachable("a call was given up or panicked".into());
        let mut holder = self.0.take().ok_or_else(gone)?;
        let called = tokio::task::spawn_blocking(move || (verb(holder.as_mut()), holder)).await;
        let (outcome, holder) = called.map_err(|error| StoreError::unreachable(Box::new(error)))?;
        self.0 = Some(holder);
        outcome
    }
}

#[async_trait]
impl AsyncHolder for HolderAdapter {
    async fn hold(&mut self, claim: &Claim<'_>) -> Result<Vec<HeldTask>, StoreError> {
        let claim = OwnClaim::new(claim);
        self.call(move |holder| holder.hold(&claim.as_claim())).await
    }

    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError> {
        let (task_type, tasks) = (task_type.to_owned(), tasks.to_vec());
        self.call(move |holder| holder.list(worker, &task_type, &tasks)).await
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        let settlement = settlement.clone();
        self.call(move |holder| holder.settle(&settlement)).await
    }

    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        self.call(move |holder| holder.unlist(worker)).await
    }

    async fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        let tasks = tasks.to_vec();
        self.call(move |holder| holder.lease(worker, &tasks)).await
    }
}
