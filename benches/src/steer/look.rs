//! What ten clients that look, and ten browsers with live pages, cost a fleet that runs 20,000 tasks a second.

use super::clients::Clients;
use super::spent::{Group, Spent};
use super::steady::Fleet;
use super::viewers::Viewers;
use super::{SPAN, busy};
use crate::Bench;
use fang_bench_kit::{Error, Meter};
use std::time::Duration;

/// Every look that is made from time to time is made within these spans: those of the clients at least once a minute.
const CLIENTS_LOOK: Duration = Duration::from_secs(60);
const BROWSERS_LOOK: Duration = Duration::from_secs(30);
/// What a client does when it starts is not what it costs.
const START: Duration = Duration::from_secs(2);

/// Measures the fleet with clients, with browsers, and alone.
pub(crate) async fn watch_fleet(bench: &mut Bench<'_>) -> Result<(), Error> {
    let (database, meter, mut fleet) = busy().await?;
    let mut clients = Clients::start(database.uri()).await?;
    fleet.phase("clients start", START).await?;
    measure(bench, &mut fleet, &meter, ("ten clients look", CLIENTS_LOOK), &clients.groups()).await?;
    clients.check()?;
    drop(clients);
    fleet.phase("nobody looks", SPAN).await?;
    let mut viewers = Viewers::open(database.uri()).await?;
    fleet.phase("browsers open", START).await?;
    measure(bench, &mut fleet, &meter, ("ten browsers look", BROWSERS_LOOK), &viewers.groups()).await?;
    viewers.check()?;
    drop(viewers);
    fleet.phase("nobody looks", SPAN).await?;
    fleet.end("watch", bench).await?;
    Ok(database.drop().await?)
}

/// A span in which these groups look.
async fn measure(
    bench: &mut Bench<'_>,
    fleet: &mut Fleet,
    meter: &Meter,
    (name, span): (&'static str, Duration),
    groups: &[Group],
) -> Result<(), Error> {
    let before = Spent::read(meter, groups).await?;
    fleet.phase(name, span).await?;
    Spent::read(meter, groups).await?.tell(&before, groups, bench.figures);
    Ok(())
}
