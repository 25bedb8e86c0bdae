use super::Found;
use chrono::{TimeDelta, Utc};
use fang_core::store::{Finding, Store};

/// Clocks that differ by less than this hurt nobody.
const MOST: TimeDelta = TimeDelta::seconds(1);

/// Compares the clock of this program with that of the store, by which tasks are due.
pub(super) async fn check(store: &dyn Store) -> Found {
    let asked = Utc::now();
    let theirs = store.now().await?;
    let answered = Utc::now();
    // The store read its clock at some time in between.
    let behind = theirs - answered;
    let ahead = asked - theirs;
    let apart = behind.max(ahead);
    if apart <= MOST {
        return Ok(Vec::new());
    }
    let way = if ahead > behind { "ahead of" } else { "behind" };
    Ok(vec![Finding::warning(
        "clocks-apart",
        format!("the clock of this machine is {:.1} s {way} that of the database", seconds(apart)),
        "synchronize both with NTP: instants that programs choose (`at`, ticks of crons, expiry) are off by as much",
    )])
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
