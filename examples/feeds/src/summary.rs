//! The summary of a round, read from the database.

mod digests;

use crate::app::App;
use crate::figures::{Figures, Tally, WARM_UP};
use digests::Digests;
use fang::FangError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const SYNCED: &str = "
    SELECT count(*), count(*) FILTER (WHERE attempt > 1)
    FROM fang_feeds.feeds WHERE url = ANY($1) AND synced_at IS NOT NULL";
// A feed without a synced_at and a trouble: its task failed for another reason, which is in its row.
const FAILED: &str = "
    SELECT coalesce(trouble, 'see fang_tasks') AS cause, count(*), (array_agg(url ORDER BY id))[:3]
    FROM fang_feeds.feeds WHERE url = ANY($1) AND synced_at IS NULL
    GROUP BY 1 ORDER BY 1";
const ITEMS: &str = "SELECT count(*) FROM fang_feeds.feed_items";
const DELIVERED: &str = "
    SELECT count(*), count(outbox.item), (SELECT count(*) FROM fang_feeds.outbox)
    FROM fang_feeds.feed_items
    JOIN fang_feeds.subscriptions USING (feed)
    LEFT JOIN fang_feeds.outbox ON outbox.item = feed_items.id AND outbox.subscriber = subscriptions.subscriber";

/// The feeds that failed for one cause.
struct Failed {
    cause: String,
    feeds: i64,
    /// The first few of them.
    examples: Vec<String>,
}

/// The outcome of a round.
pub(crate) struct Summary {
    feeds: usize,
    synced: i64,
    synced_later: i64,
    failed: Vec<Failed>,
    items: i64,
    new_items: i64,
    /// Pairs of an item and a subscriber of its feed.
    due: i64,
    /// The due pairs that are in the outbox.
    delivered: i64,
    /// All pairs in the outbox.
    outbox: i64,
    digests: Digests,
    figures: Arc<Figures>,
    took: Duration,
}

impl Summary {
    pub(crate) async fn read(
        app: &App,
        urls: &[String],
        items_before: i64,
        took: Duration,
    ) -> Result<Self, FangError> {
        let client = app.database.get().await?;
        let synced = client.query_one(SYNCED, &[&urls]).await?;
        let delivered = client.query_one(DELIVERED, &[]).await?;
        let mut failed = Vec::new();
        for row in client.query(FAILED, &[&urls]).await? {
            failed.push(Failed { cause: row.try_get(0)?, feeds: row.try_get(1)?, examples: row.try_get(2)? });
        }
        let items = items(app).await?;
        Ok(Self {
            feeds: urls.len(),
            synced: synced.try_get(0)?,
            synced_later: synced.try_get(1)?,
            failed,
            items,
            new_items: items - items_before,
            due: delivered.try_get(0)?,
            delivered: delivered.try_get(1)?,
            outbox: delivered.try_get(2)?,
            digests: Digests::read(app).await?,
            figures: app.figures.clone(),
            took,
        })
    }

    /// Whether all deliveries and digests were made, each once.
    pub(crate) fn is_correct(&self) -> bool {
        self.is_delivered() && self.digests.is_correct()
    }

    /// Whether each item was delivered once to each subscriber, and no other delivery was made.
    fn is_delivered(&self) -> bool {
        self.due == self.delivered && self.due == self.outbox
    }
}

/// Counts the items.
pub(crate) async fn items(app: &App) -> Result<i64, FangError> {
    Ok(app.database.get().await?.query_one(ITEMS, &[]).await?.try_get(0)?)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} feeds in {:.1} s", self.feeds, self.took.as_secs_f64())?;
        writeln!(f, "{:>8} synced, {} of them after a retry", self.synced, self.synced_later)?;
        self.show_failed(f)?;
        writeln!(f, "{:>8} items, {} of them new", self.items, self.new_items)?;
        self.show_deliveries(f)?;
        writeln!(f, "{}", self.digests)?;
        show_runs(f, &self.figures.light, "tokio")?;
        show_runs(f, &self.figures.heavy, "threads")?;
        let (all, warm) = self.figures.latency([0.5, 0.99]);
        show_latency(f, "delivery latency", all)?;
        if let Some(warm) = warm {
            writeln!(f)?;
            show_latency(f, &format!("after the first {} s", WARM_UP.as_secs()), warm)?;
        }
        Ok(())
    }
}

fn show_latency(f: &mut fmt::Formatter<'_>, what: &str, [p50, p99]: [Duration; 2]) -> fmt::Result {
    let [p50, p99] = [p50, p99].map(|latency| latency.as_secs_f64() * 1000.0);
    write!(f, "{:>8} {what}: p50 {p50:.1} ms, p99 {p99:.1} ms", "")
}

impl Summary {
    fn show_failed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: i64 = self.failed.iter().map(|failed| failed.feeds).sum();
        writeln!(f, "{failed:>8} failed")?;
        for Failed { cause, feeds, examples } in &self.failed {
            let more = if *feeds > examples.len() as i64 { ", ..." } else { "" };
            writeln!(f, "{feeds:>12} {cause}: {}{more}", examples.join(", "))?;
        }
        Ok(())
    }

    fn show_deliveries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_delivered() {
            return writeln!(f, "{:>8} deliveries: each item once to each subscriber", self.outbox);
        }
        let (missing, extra) = (self.due - self.delivered, self.outbox - self.delivered);
        writeln!(f, "{:>8} deliveries: {missing} of {} are missing, {extra} too many", self.outbox, self.due)
    }
}

fn show_runs(f: &mut fmt::Formatter<'_>, tally: &Tally, place: &str) -> fmt::Result {
    writeln!(f, "{:>8} tasks run on {place}, {:.0} a second", tally.runs(), tally.a_second())
}
