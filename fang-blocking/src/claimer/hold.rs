//! The claim that writes nothing.

use super::Claimer;
use crate::block_on::block_on;
use crate::holder::{HeldBatch, Holding};
use fang_core::StoreError;
use fang_core::claiming::Wanted;
use fang_core::hold::Batch;
use fang_core::store::{Claimed, Holder};
use std::sync::Arc;

impl Claimer {
    /// Claims without writing anything, if a connection for that becomes free before long.
    pub(super) fn hold(&mut self, wanted: Wanted) {
        let Some(mut holder) = self.holders.free() else { return self.claim(wanted) };
        let asked = self.claiming.ask(&self.engine, wanted, self.engine.worker());
        match block_on(holder.hold(&asked.claim())) {
            Ok(held) => {
                self.recovered();
                let (batch, mut tasks) = Batch::new(asked.worker, held);
                self.claiming.held(self.engine.now(), &asked, &mut tasks);
                self.run_held(holder, batch, tasks, &asked.task_type);
            }
            Err(error) => {
                self.holders.give_back(holder);
                self.claiming.could_not_hold(self.engine.now(), &asked);
                self.failed(&error);
            }
        }
    }

    /// Lists what may run, for all to see, and then runs it.
    fn run_held(
        &mut self,
        mut holder: Box<dyn Holder>,
        mut batch: Batch,
        mut tasks: Vec<Claimed>,
        task_type: &Arc<str>,
    ) {
        let has_apart = batch.set_apart(&mut tasks);
        batch.set_running_apart(&self.engine.held, &mut tasks);
        let outcome = match tasks.is_empty() {
            true => Ok(()),
            false => self.list(holder.as_mut(), &mut batch, &mut tasks, task_type),
        };
        let is_listed = outcome.is_ok();
        if let Err(error) = outcome {
            batch.forget(&mut tasks);
            self.claiming.could_not_list(self.engine.now());
            self.failed(&error);
        }
        let (worker, keys) = (batch.worker(), batch.list());
        self.engine.surroundings.runs.hold(&keys);
        self.engine.held.add(keys);
        let held = HeldBatch::new(tasks.len());
        self.holders.settle(Holding { holder, batch, held: held.clone(), has_apart, is_listed });
        self.dispatch(tasks, task_type, worker, Some(&held));
    }

    fn list(
        &mut self,
        holder: &mut dyn Holder,
        batch: &mut Batch,
        tasks: &mut Vec<Claimed>,
        task_type: &str,
    ) -> Result<(), StoreError> {
        let theirs = block_on(holder.list(batch.worker(), task_type, &batch.list()))?;
        if !theirs.is_empty() {
            batch.yield_to(theirs, tasks);
            // What is not run here must not be listed here.
            block_on(holder.list(batch.worker(), task_type, &batch.list()))?;
        }
        Ok(())
    }
}
