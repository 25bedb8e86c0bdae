//! The cost of idle workers.

use crate::Peer;
use crate::outcome::Outcome;
use fang_bench_kit::{Error, Meter, busy, resident_mb};
use std::time::Duration;

const CALM_AFTER: Duration = Duration::from_secs(4);
const SPAN: Duration = Duration::from_secs(8);

pub(crate) async fn idle<P: Peer>(peer: &P, meter: &Meter) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    peer.start().await?;
    tokio::time::sleep(CALM_AFTER).await;
    let (before, busy_before) = (meter.read().await?, busy());
    tokio::time::sleep(SPAN).await;
    let busy = busy().saturating_sub(busy_before).as_secs_f64();
    let cost = meter.read().await? - before;
    outcome.add("statements/s", cost.statements / SPAN.as_secs_f64());
    outcome.add("WAL B/s", cost.wal_bytes / SPAN.as_secs_f64());
    outcome.add("% of a core", busy / SPAN.as_secs_f64() * 100.0);
    outcome.add("resident MB", resident_mb());
    Ok(outcome)
}
