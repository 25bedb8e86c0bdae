//! Measures the statements of the server, by `pg_stat_statements`, and how long tasks waited before they began.

use crate::Failure;
use crate::world::World;
use fang_faults::Book;

/// Words that only the claim contains.
pub(super) const CLAIM: &str = "scan_range (mode, priority, floor)";
/// Words that only a notification contains.
pub(super) const NOTIFY: &str = "pg_notify(";

/// How often a statement was sent so far, and its total time in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) calls: u64,
    pub(super) millis: f64,
}

impl Spent {
    /// The mean time of the calls since an earlier measurement, in milliseconds.
    pub(super) fn mean_since(self, before: Self) -> f64 {
        (self.millis - before.millis) / (self.calls.saturating_sub(before.calls)).max(1) as f64
    }
}

/// Makes the server count statements from now on.
pub(super) fn start(world: &World) -> Result<(), Failure> {
    world.rows("CREATE EXTENSION pg_stat_statements").map_err(|error| {
        format!("the extension pg_stat_statements is missing; install the contrib package of Postgres and try again: {error}")
    })?;
    Ok(())
}

/// The calls and times of statements that contain these words.
pub(super) fn spent(world: &World, words: &str) -> Result<Spent, Failure> {
    let sql = format!(
        "SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0) FROM pg_stat_statements
         WHERE query LIKE '%{words}%' AND query NOT LIKE '%pg_stat_statements%'"
    );
    let row = world.rows(&sql)?.pop().ok_or("no row")?;
    let [calls, millis] = <[String; 2]>::try_from(row).map_err(|_| "a row of two columns")?;
    Ok(Spent { calls: calls.parse()?, millis: millis.parse()? })
}

/// How long tasks that were acknowledged between two instants waited before they began.
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

    /// The number of tasks.
    pub(super) fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The quantile, in milliseconds.
    pub(super) fn at(&self, share: f64) -> f64 {
        let index = (share * self.sorted.len().saturating_sub(1) as f64).round() as usize;
        self.sorted.get(index).copied().unwrap_or_default() as f64 / 1000.0
    }

    /// The median, the 99th percentile and the longest.
    pub(super) fn text(&self) -> String {
        format!("{:.1}, {:.1}, {:.0} ms", self.at(0.5), self.at(0.99), self.at(1.0))
    }
}
