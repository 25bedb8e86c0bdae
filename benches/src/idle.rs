//! The cost of a process with an idle pool.

use crate::fleet::Fleet;
use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::Error;
use std::time::Duration;

const SPAN: Duration = Duration::from_secs(10);

/// After this time an idle pool polls at its longest interval.
const CALM_AFTER: Duration = Duration::from_secs(4);

pub(crate) async fn idle(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        let (database, meter) = fresh().await?;
        let mut fleet = Fleet::launch(name, database.uri(), 100, 1).await?;
        fleet.start().await?;
        tokio::time::sleep(CALM_AFTER).await;
        let (before, (busy_before, _)) = (meter.read().await?, fleet.cost().await?);
        tokio::time::sleep(SPAN).await;
        let (cost, (busy, megabytes)) = (meter.read().await? - before, fleet.cost().await?);
        let seconds = SPAN.as_secs_f64();
        bench.figures.add(
            "idle",
            &format!("{name}, 100 workers"),
            [
                ("statements/s", cost.statements / seconds),
                ("WAL B/s", cost.wal_bytes / seconds),
                ("% of a core", busy.saturating_sub(busy_before).as_secs_f64() / seconds * 100.0),
                ("resident MB", megabytes),
            ],
        );
        fleet.stop().await?;
        database.drop().await?;
    }
    Ok(())
}
