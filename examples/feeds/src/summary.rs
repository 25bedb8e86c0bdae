//! What the database says when all is done.

use crate::app::App;
use fang::FangError;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const SYNCED: &str = "
    SELECT count(*), count(*) FILTER (WHERE attempt > 1)
    FROM fang_feeds.feeds WHERE url = ANY($1) AND synced_at IS NOT NULL";
// A feed with neither outcome: its task failed for a reason of our own, and its row says which.
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

/// What became of a round.
pub(crate) struct Summary {
    feeds: usize,
    synced: i64,
    synced_later: i64,
    failed: Vec<Failed>,
    items: i64,
    new_items: i64,
    /// Pairs of an item and a subscriber of its feed.
    due: i64,
    /// Those of them that are in the outbox ...
    delivered: i64,
    /// ... and all that is in the outbox.
    outbox: i64,
    runs: u64,
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
            runs: app.runs.load(Relaxed),
            took,
        })
    }

    /// Whether each item was delivered once to each subscriber, and nothing else was.
    pub(crate) fn is_delivered(&self) -> bool {
        self.due == self.delivered && self.due == self.outbox
    }
}

/// How many items there are.
pub(crate) async fn items(app: &App) -> Result<i64, FangError> {
    Ok(app.database.get().await?.query_one(ITEMS, &[]).await?.try_get(0)?)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        let failed: i64 = self.failed.iter().map(|failed| failed.feeds).sum();
        writeln!(f, "{} feeds in {seconds:.1} s", self.feeds)?;
        writeln!(f, "{:>8} synced, {} of them after a retry", self.synced, self.synced_later)?;
        writeln!(f, "{failed:>8} failed")?;
        for Failed { cause, feeds, examples } in &self.failed {
            let more = if *feeds > examples.len() as i64 { ", ..." } else { "" };
            writeln!(f, "{feeds:>12} {cause}: {}{more}", examples.join(", "))?;
        }
        writeln!(f, "{:>8} items, {} of them new", self.items, self.new_items)?;
        writeln!(f, "{:>8} tasks run, {:.0} a second", self.runs, self.runs as f64 / seconds)?;
        if self.is_delivered() {
            return write!(f, "{:>8} deliveries: each item once to each subscriber", self.outbox);
        }
        let (missing, extra) = (self.due - self.delivered, self.outbox - self.delivered);
        write!(f, "{:>8} deliveries: {missing} of {} are missing, {extra} too many", self.outbox, self.due)
    }
}
