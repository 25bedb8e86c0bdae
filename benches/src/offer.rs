//! Inserts at given instants, however long the inserts before take.
//!
//! Each insert is planned at an instant. Times count from there, so that an insert that has to wait for its caller,
//! since the one before is slow, counts as slow as well.

use crate::side::Side;
use fang_bench_kit::Error;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The seconds before tasks count. Connections are opened then.
const WARM_UP: u64 = 1;

/// Some callers that insert at a rate, in turn.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) callers: usize,
    pub(crate) rate: u64,
    /// For how long, after the first second.
    pub(crate) seconds: u64,
    /// Every so many tasks, one is long. With 0, none is.
    pub(crate) long_every: u64,
}

/// One insert: when it began and ended.
pub(crate) struct Insert {
    pub(crate) number: u64,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

impl Offer {
    /// How many tasks there are, numbered from 0.
    pub(crate) fn tasks(self) -> u64 {
        self.rate * (WARM_UP + self.seconds)
    }

    /// Whether this task counts.
    pub(crate) fn counts(self, number: u64) -> bool {
        number >= self.rate * WARM_UP
    }

    /// When the insert of a task is planned, from the beginning.
    pub(crate) fn planned(self, number: u64) -> Duration {
        Duration::from_nanos(number * 1_000_000_000 / self.rate)
    }

    pub(crate) fn is_long(self, number: u64) -> bool {
        number.checked_rem(self.long_every) == Some(self.long_every / 2)
    }

    /// Inserts all tasks, of which the first is planned at `began`.
    pub(crate) async fn insert(self, side: &Side, began: Instant) -> Result<Vec<Insert>, Error> {
        let (orders, callers): (Vec<_>, Vec<_>) = (0..self.callers).map(|_| unbounded_channel()).unzip();
        let running: Vec<_> =
            callers.into_iter().map(|orders| side.spawn(self.carry_out(side.clone(), orders))).collect();
        let pacer = tokio::task::spawn_blocking(move || self.pace(began, &orders));
        let mut inserts = Vec::with_capacity(usize::try_from(self.tasks())?);
        for caller in running {
            inserts.extend(caller.await??);
        }
        pacer.await?;
        Ok(inserts)
    }

    /// Tells the callers in turn when to insert. On a thread, since timers of tokio are late by up to a millisecond.
    fn pace(self, began: Instant, orders: &[UnboundedSender<u64>]) {
        for (number, order) in (0..self.tasks()).zip(orders.iter().cycle()) {
            let left = (began + self.planned(number)).saturating_duration_since(Instant::now());
            if !left.is_zero() {
                std::thread::sleep(left);
            }
            // A caller that has failed reports it itself.
            let _ = order.send(number);
        }
    }

    async fn carry_out(self, side: Side, mut orders: UnboundedReceiver<u64>) -> Result<Vec<Insert>, Error> {
        let mut inserts = Vec::new();
        while let Some(number) = orders.recv().await {
            let began = Instant::now();
            if self.is_long(number) {
                side.insert_long(number).await?
            } else {
                side.insert(number).await?
            }
            inserts.push(Insert { number, began, ended: Instant::now() });
        }
        Ok(inserts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fresh;

    #[tokio::test]
    async fn all_tasks_are_inserted_and_none_before_its_instant() -> Result<(), Error> {
        let (database, _meter) = fresh().await?;
        let offer = Offer { callers: 4, rate: 100, seconds: 1, long_every: 100 };
        assert_eq!((0..offer.tasks()).filter(|number| offer.is_long(*number)).count(), 2);
        for name in Side::NAMES {
            let began = Instant::now();
            let mut inserts = offer.insert(&Side::new(name, database.uri(), 2), began).await?;
            assert!(inserts.iter().all(|insert| insert.began >= began + offer.planned(insert.number)));
            inserts.sort_by_key(|insert| insert.number);
            assert!(inserts.iter().map(|insert| insert.number).eq(0..200));
        }
        Ok(database.drop().await?)
    }
}
