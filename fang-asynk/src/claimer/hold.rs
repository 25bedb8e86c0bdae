//! The claim that writes nothing.

use super::Claimer;
use crate::holder::{HeldBatch, Holding};
use fang_core::StoreError;
use fang_core::hold::Batch;
use fang_core::lanes::sort;
use fang_core::load::Load;
use fang_core::pace::Request;
use fang_core::store::{AsyncHolder, Claim, Claimed};
use std::sync::Arc;

impl Claimer {
    pub(super) fn is_to_hold(&self, turn: usize, load: Load) -> bool {
        self.holders.may_hold()
            && !self.engine.surroundings.runs.want_written()
            && !self.doubt.is_due(self.engine.now())
            && self.worth.is_given(self.engine.now(), load, self.rota.has_more(turn, self.engine.now()))
    }

    /// Claims without writing anything, if a connection for that becomes free before long.
    pub(super) async fn hold(&mut self, turn: usize, request: Request) {
        let Some(mut holder) = self.holders.free().await else { return self.claim(turn, request).await };
        let worker = self.engine.worker();
        let lanes = self.rota.lanes(turn).in_order(request.upwards, request.start);
        let task_type = self.rota.task_type(turn).clone();
        let Request { limit, crowded, .. } = request;
        let claim = Claim { worker, task_type: &task_type, limit, lanes: &lanes, crowded };
        match holder.hold(&claim).await {
            Ok(held) => {
                self.recovered();
                self.worth.held();
                let (batch, mut tasks) = Batch::new(worker, held);
                sort(&mut tasks, request.upwards);
                self.rota.claimed(turn, self.engine.now(), request, &tasks);
                self.run_held(holder, batch, tasks, &task_type).await;
            }
            Err(error) => {
                self.holders.give_back(holder);
                self.worth.failed(self.engine.now());
                self.rota.gave_up(turn, self.engine.now(), request);
                self.failed(&error);
            }
        }
    }

    /// An ordinary claim, beside tasks that are held here. What was held here, by a connection that is
    /// gone, still runs here under the very lease of this claim, which has written it down.
    pub(super) async fn claim_beside(&mut self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        let mut tasks = self.engine.store.claim(claim).await?;
        if self.holders.can_hold() && !self.engine.held.take_out_of(&mut tasks).is_empty() {
            // One of them may have ended just now.
            self.doubt.arise(self.engine.now());
        }
        Ok(tasks)
    }

    /// Lists what may run, for all to see, and then runs it.
    async fn run_held(
        &mut self,
        mut holder: Box<dyn AsyncHolder>,
        mut batch: Batch,
        mut tasks: Vec<Claimed>,
        task_type: &Arc<str>,
    ) {
        let has_apart = batch.set_apart(&mut tasks);
        batch.set_running_apart(&self.engine.held, &mut tasks);
        let outcome = match tasks.is_empty() {
            true => Ok(()),
            false => self.list(holder.as_mut(), &mut batch, &mut tasks, task_type).await,
        };
        let is_listed = outcome.is_ok();
        if let Err(error) = outcome {
            // Nothing of it runs, but it may be listed, and others may make it a claim of this pool.
            batch.forget(&mut tasks);
            self.doubt.arise(self.engine.now());
            // It is left where it was, before the floor.
            self.rota.came_back();
            self.failed(&error);
        }
        let (worker, keys) = (batch.worker(), batch.list());
        self.engine.surroundings.runs.hold(&keys);
        self.engine.held.add(keys);
        let held = HeldBatch::new(tasks.len());
        self.holders
            .settle(&self.engine, Holding { holder, batch, held: held.clone(), has_apart, is_listed });
        self.dispatch(tasks, task_type, worker, Some(&held));
    }

    async fn list(
        &mut self,
        holder: &mut dyn AsyncHolder,
        batch: &mut Batch,
        tasks: &mut Vec<Claimed>,
        task_type: &str,
    ) -> Result<(), StoreError> {
        let theirs = holder.list(batch.worker(), task_type, &batch.list()).await?;
        if !theirs.is_empty() {
            batch.yield_to(theirs, tasks);
            // What is not run here must not be listed here.
            holder.list(batch.worker(), task_type, &batch.list()).await?;
        }
        Ok(())
    }
}
