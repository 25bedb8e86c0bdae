//! What the server was asked, by `pg_stat_statements`, and how long tasks waited for their begin.

use crate::Failure;
use crate::ledger::Book;
use crate::world::World;

/// Only the claim says this.
pub(super) const CLAIM: &str = "scan_range (mode, priority, floor)";
/// Only an announcement says this.
pub(super) const NOTIFY: &str = "pg_notify(";

/// How often a statement was sent so far, and how long it took in all, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) calls: u64,
    pub(super) millis: f64,
}

impl Spent {
    /// The mean of what came between an earlier look and this one, in milliseconds.
    pub(super) fn mean_since(self, before: Self) -> f64 {
        (self.millis - before.millis) / (self.calls.saturating_sub(before.calls)).max(1) as f64
    }
}

/// Has the server count statements from now on.
pub(super) fn start(world: &World) -> Result<(), Failure> {
    world.rows("CREATE EXTENSION pg_stat_statements").map_err(|error| {
        format!("pg_stat_statements is needed, of Postgres's contrib; install it and try again: {error}")
    })?;
    Ok(())
}

/// What statements with these words have come to.
pub(super) fn spent(world: &World, words: &str) -> Result<Spent, Failure> {
    let sql = format!(
        "SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0) FROM pg_stat_statements
         WHERE query LIKE '%{words}%' AND query NOT LIKE '%pg_stat_statements%'"
    );
    let row = world.rows(&sql)?.pop().ok_or("no row")?;
    let [calls, millis] = <[String; 2]>::try_from(row).map_err(|_| "a row of two columns")?;
    Ok(Spent { calls: calls.parse()?, millis: millis.parse()? })
}

/// How long tasks that were acknowledged between two instants waited for their begin: the median, the
/// 99th of a hundred and the longest.
pub(super) struct Waits {
    sorted: Vec<u64>,
}

impl Waits {
    pub(super) fn between(book: &Book, from: u64, to: u64) -> Self {
        let waits = book.tasks.values().filter_map(|entry| entry.wait());
        let mut sorted: Vec<u64> =
            waits.filter(|(acked, _)| (from..to).contains(acked)).map(|(_, wait)| wait).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// So many were there.
    pub(super) fn count(&self) -> usize {
        self.sorted.len()
    }

    /// At this share of them, in milliseconds.
    pub(super) fn at(&self, share: f64) -> f64 {
        let index = (share * self.sorted.len().saturating_sub(1) as f64).round() as usize;
        self.sorted.get(index).copied().unwrap_or_default() as f64 / 1000.0
    }

    pub(super) fn text(&self) -> String {
        format!("{:.1}, {:.1}, {:.0} ms", self.at(0.5), self.at(0.99), self.at(1.0))
    }
}
