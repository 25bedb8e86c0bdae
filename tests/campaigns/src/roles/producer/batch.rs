//! The batches of a producer.

use super::ProducerSettings;
use crate::Failure;
use crate::options::Runtime;
use crate::roles::work::{Manner, Work};
use crate::world::ledger;
use fang::{Mode, NewTask};
use fang_faults::Ledger;
use fastrand::Rng;
use uuid::Uuid;

/// The kind that only the new program knows; `worker-new` has it.
pub const NOVEL: &str = r#"{"type":"Novel"}"#;

/// A kind that both programs know, with a variant that only the new one has.
pub const GROWN: &str = r#"{"type":"Grown","form":"New"}"#;

/// How a batch is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// In one call.
    Together,
    /// Each in a call of its own.
    Apart,
    /// In a transaction of the application.
    Transaction,
    /// In one that is rolled back.
    RolledBack,
}

/// Makes batches, and records their outcomes in the ledger.
pub(super) struct Batches<'s> {
    settings: &'s ProducerSettings,
    random: Rng,
    ledger: Ledger,
}

impl<'s> Batches<'s> {
    pub(super) fn new(settings: &'s ProducerSettings) -> Result<Self, Failure> {
        let ledger = ledger(&settings.folder)?;
        Ok(Self { settings, random: Rng::with_seed(settings.seed), ledger })
    }

    /// How to insert the next batch. One in ten is rolled back, in addition to the rate.
    pub(super) fn way(&mut self) -> Way {
        match self.random.u8(0..10) {
            0 => Way::RolledBack,
            1 => Way::Transaction,
            2 => Way::Apart,
            _ => Way::Together,
        }
    }

    /// Makes the next batch, and records its tasks in the ledger as wanted.
    pub(super) fn next(&mut self) -> Result<(Vec<NewTask>, Vec<Uuid>), Failure> {
        let tasks =
            (0..self.settings.per_tick()).map(|_| self.task()).collect::<Result<Vec<_>, Failure>>()?;
        let ids: Vec<Uuid> = tasks.iter().map(|task| task.id()).collect();
        self.ledger.wanted(ids.iter().copied())?;
        Ok((tasks, ids))
    }

    pub(super) fn acked(&self, ids: &[Uuid]) -> Result<(), Failure> {
        Ok(self.ledger.acknowledged(ids.iter().copied())?)
    }

    pub(super) fn rolled_back(&self, ids: &[Uuid]) -> Result<(), Failure> {
        Ok(self.ledger.rolled_back(ids.iter().copied())?)
    }

    fn task(&mut self) -> Result<NewTask, Failure> {
        let ProducerSettings { runtime, novel, .. } = *self.settings;
        if novel > 0 && self.random.u64(0..novel) == 0 {
            let mode = if runtime == Runtime::Asynk { Mode::Asynk } else { Mode::Blocking };
            let payload = if self.random.bool() { NOVEL } else { GROWN };
            let task = NewTask::new(payload.to_owned(), "common".to_owned(), mode);
            return Ok(task.with_id(Uuid::now_v7()));
        }
        Ok(Work { millis: self.millis(), manner: Manner::Wait }.task(runtime)?)
    }

    /// A random length. Most tasks end at once; one in ten takes some milliseconds.
    fn millis(&mut self) -> u64 {
        let ProducerSettings { long, longest, .. } = *self.settings;
        match self.random.u8(0..100) {
            draw if draw < long => self.random.u64(0..=longest),
            draw if draw < long.saturating_add(10) => self.random.u64(0..=longest.min(20)),
            _ => 0,
        }
    }
}
