//! Random tasks of odd types, inserted by queues: what is acknowledged must run, with the values that went in.

use super::json;
use super::rows::Fate;
use crate::Failure;
use crate::campaigns::caller::Caller;
use crate::options::Options;
use crate::report::Report;
use crate::roles::odd::Odd;
use crate::world::World;
use fang::{PayloadError, QueueError};
use fastrand::Rng;
use std::collections::HashMap;
use uuid::Uuid;

/// Inserts tasks in both modes. Adds those that were acknowledged to `fates`.
pub(super) fn write(
    world: &World,
    options: &Options,
    fates: &mut HashMap<Uuid, Fate>,
    report: &mut Report,
) -> Result<(), Failure> {
    let ledger = world.ledger()?;
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for (runtime, seed) in options.mode.all().iter().zip(options.seed..) {
        let (caller, mut random) = (Caller::new(*runtime, world.uri())?, Rng::with_seed(seed));
        for _ in 0..options.either(50_000, 2_000) {
            let task = Odd::task(&mut random, json::plain, *runtime)?;
            let id = task.id();
            match caller.insert(vec![task]) {
                Ok(()) => {
                    ledger.acknowledged([id])?;
                    fates.insert(id, Fate::Runs);
                    accepted += 1;
                }
                Err(QueueError::Payload(
                    PayloadError::Changed { .. } | PayloadError::DuplicateField { .. },
                )) => refused += 1,
                Err(error) => wrong.push(error.to_string()),
            }
        }
    }
    report.tell("tasks of odd types that queues accepted, and refused", format!("{accepted}, {refused}"));
    report.judge_none("inserts of such tasks that failed with another error", &wrong);
    Ok(())
}
