//! One sync of all listed feeds.

use crate::app::App;
use crate::sync_feed::SyncFeed;
use crate::{deliver, digest_items, sync_feed};
use deadpool_postgres::Transaction;
use fang::store::Count;
use fang::{AsyncBackend, FangError, FangTaskState, NewTask};
use std::fmt;
use std::time::Duration;

const REGISTER: &str = "
    INSERT INTO fang_feeds.feeds (url) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING";
// Each feed has two of the hundred subscribers.
const SUBSCRIBE: &str = "
    INSERT INTO fang_feeds.subscriptions (feed, subscriber)
    SELECT id, (id + step) % 100 FROM fang_feeds.feeds, generate_series(0, 1) AS step WHERE url = ANY($1)
    ON CONFLICT DO NOTHING";
const FORGET: &str = "
    UPDATE fang_feeds.feeds SET synced_at = NULL, trouble = NULL, attempt = NULL WHERE url = ANY($1)";
const MISSING: &str = "
    SELECT id, url FROM fang_feeds.feeds
    WHERE url = ANY($1) AND synced_at IS NULL AND trouble IS NULL ORDER BY id";

/// The number of tasks that are still to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) feeds: u64,
    pub(crate) deliveries: u64,
    /// Digest tasks, one for each sync. 0 if this process has no threads to run them.
    pub(crate) digests: u64,
    /// The tasks among them that a process has claimed. That process may have died since.
    pub(crate) held: u64,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feeds, deliveries, digests, .. } = self;
        write!(f, "{feeds} feeds, {deliveries} deliveries and {digests} digest tasks")
    }
}

impl Left {
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Inserts a task for each feed. If `before` has tasks of an interrupted round, continues that round: inserts tasks
/// only for the feeds that are missing in it.
pub(crate) async fn begin(
    app: &App,
    urls: &[String],
    rate: Option<u32>,
    before: Left,
) -> Result<(), FangError> {
    let mut client = app.database.get().await?;
    let transaction = client.transaction().await?;
    transaction.execute(REGISTER, &[&urls]).await?;
    transaction.execute(SUBSCRIBE, &[&urls]).await?;
    if before.is_nothing() {
        transaction.execute(FORGET, &[&urls]).await?;
    }
    let tasks = paced(missing(&transaction, urls).await?, rate);
    app.queue.insert_tasks_in(&transaction, tasks).await?;
    transaction.commit().await?;
    Ok(())
}

async fn missing(transaction: &Transaction<'_>, urls: &[String]) -> Result<Vec<NewTask>, FangError> {
    let mut tasks = Vec::new();
    for row in transaction.query(MISSING, &[&urls]).await? {
        tasks.push(NewTask::asynk(&SyncFeed { feed: row.try_get(0)?, url: row.try_get(1)? })?);
    }
    Ok(tasks)
}

/// Delays the tasks so that at most `rate` of them begin per second.
fn paced(tasks: Vec<NewTask>, rate: Option<u32>) -> Vec<NewTask> {
    let Some(rate) = rate else { return tasks };
    let gap = Duration::from_secs(1) / rate;
    (0..).zip(tasks).map(|(place, task)| task.delay(gap * place)).collect()
}

/// Counts the tasks that are still to be done, in one query. Deliveries and digests are inserted before the task of
/// their feed is finished, so the count is not 0 before everything is done.
pub(crate) async fn left(app: &App) -> Result<Left, FangError> {
    let mut left = Left::default();
    for Count { task_type, state, tasks } in app.queue.admin()?.count().await? {
        if matches!(state, FangTaskState::Finished | FangTaskState::Failed) {
            continue;
        }
        match task_type.as_str() {
            sync_feed::TASK_TYPE => left.feeds += tasks,
            deliver::TASK_TYPE => left.deliveries += tasks,
            digest_items::TASK_TYPE if app.has_threads => left.digests += tasks,
            _ => continue,
        }
        if state == FangTaskState::InProgress {
            left.held += tasks;
        }
    }
    Ok(left)
}
