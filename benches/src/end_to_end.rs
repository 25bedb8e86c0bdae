//! The time from the instant at which the insert of a task is planned until the task starts, in a pool of the same process.

use crate::offer::Offer;
use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, Instant};

/// How long to wait for the last task, after the last insert.
const AT_MOST: Duration = Duration::from_secs(60);

/// What a pool did with the tasks that were offered.
pub(crate) struct EndToEnd {
    /// Of the tasks that count and are not long.
    pub(crate) latency: Latency,
    /// How many tasks had started at the end of the offer.
    pub(crate) at_the_end: u64,
    /// How many started.
    pub(crate) started: u64,
    /// From the end of the offer until the last one had started.
    pub(crate) caught_up: Duration,
}

impl EndToEnd {
    /// Offers tasks beside a pool and waits until all have run. Tells of lost and repeated ones in the table.
    pub(crate) async fn measure(
        bench: &mut Bench<'_>,
        (part, case): (&str, &str),
        (name, workers): (&str, u32),
        offer: Offer,
    ) -> Result<Self, Error> {
        let (database, meter) = fresh().await?;
        let side = Side::new(name, database.uri(), 8);
        meter.quiesce().await?;
        let tally = Tally::new(usize::try_from(offer.tasks())?);
        let mut starts = Tally::watch();
        let pool = side.start(workers).await?;
        let began = Instant::now();
        offer.insert(&side, began).await?;
        tally.all_ran(AT_MOST).await;
        pool.stop().await;
        let end = began + offer.planned(offer.tasks());
        let mut all = Self { latency: Latency::new()?, at_the_end: 0, started: 0, caught_up: Duration::ZERO };
        while let Ok((number, started)) = starts.try_recv() {
            all.add(offer, number, started.saturating_duration_since(began), end - began);
        }
        if tally.missing() + tally.doubled() > 0 {
            bench.figures.note(part, case, format!("{} lost, {} doubled", tally.missing(), tally.doubled()));
        }
        database.drop().await?;
        Ok(all)
    }

    fn add(&mut self, offer: Offer, number: u64, started: Duration, end: Duration) {
        self.started += 1;
        self.at_the_end += u64::from(started <= end);
        self.caught_up = self.caught_up.max(started.saturating_sub(end));
        if offer.counts(number) && !offer.is_long(number) {
            self.latency.record(started.saturating_sub(offer.planned(number)));
        }
    }

    /// The quantiles, with their names in the tables.
    pub(crate) fn quantiles(&self) -> [(&'static str, f64); 3] {
        [("p50 ms", 0.5), ("p95 ms", 0.95), ("p99 ms", 0.99)].map(|(name, at)| (name, self.latency.ms(at)))
    }
}
