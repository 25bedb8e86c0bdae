//! The cost of many idle processes while tasks are inserted now and then. Each process is notified, and one gets
//! the task.

use crate::fleet::Fleet;
use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::Error;
use std::time::Duration;

const PROCESSES: usize = 20;
const TASKS: u64 = 60;
const EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);

/// After this time idle pools poll at their longest interval.
const CALM_AFTER: Duration = Duration::from_secs(4);

pub(crate) async fn trickle(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        let (database, meter) = fresh().await?;
        let producer = Side::new(name, database.uri(), 1);
        let mut fleet = Fleet::launch(name, database.uri(), 10, PROCESSES).await?;
        fleet.start().await?;
        tokio::time::sleep(CALM_AFTER).await;
        let (before, (busy_before, _)) = (meter.read().await?, fleet.cost().await?);
        let mut ticks = tokio::time::interval(EVERY);
        for number in 0..TASKS {
            ticks.tick().await;
            producer.insert(number).await?;
        }
        fleet.all_ran(usize::try_from(TASKS)?, PATIENCE).await?;
        let (cost, (busy, _)) = (meter.read().await? - before, fleet.cost().await?);
        let seconds = EVERY.as_secs_f64() * TASKS as f64;
        let of_a_core = busy.saturating_sub(busy_before).as_secs_f64() / seconds * 100.0;
        bench.figures.add(
            "trickle",
            &format!("{name}, {PROCESSES} processes, {:.0} tasks/s", 1.0 / EVERY.as_secs_f64()),
            [
                ("statements/s", cost.statements / seconds),
                ("statements/task", cost.statements / TASKS as f64),
                ("% of a core each", of_a_core),
            ],
        );
        fleet.stop().await?;
        database.drop().await?;
    }
    Ok(())
}
