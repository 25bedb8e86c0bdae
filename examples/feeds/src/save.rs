//! Saves the outcome of a sync: new items with their tasks, or the reason of a failure.

use crate::app::App;
use crate::deliver::Deliver;
use crate::digest_items::DigestItems;
use crate::parse::Item;
use crate::trouble::Trouble;
use deadpool_postgres::Transaction;
use fang::{FangError, NewTask};
use std::time::SystemTime;

const INSERT_ITEMS: &str = "
    INSERT INTO fang_feeds.feed_items (feed, guid, title, link, text)
    SELECT $1, guid, title, link, text
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS item (guid, title, link, text)
    ON CONFLICT DO NOTHING
    RETURNING id";
const SUBSCRIBERS: &str = "SELECT subscriber FROM fang_feeds.subscriptions WHERE feed = $1";
const SYNCED: &str = "
    UPDATE fang_feeds.feeds SET synced_at = now(), trouble = NULL, attempt = $2 WHERE id = $1";
const TROUBLE: &str = "
    UPDATE fang_feeds.feeds SET synced_at = NULL, trouble = $3, attempt = $2 WHERE id = $1";

/// Saves the new items of a feed and the tasks that deliver and digest them, in one transaction. If this process is
/// killed before the commit, none of them is saved and the feed is synced again.
pub(crate) async fn items(app: &App, feed: i64, attempt: u32, items: &[Item]) -> Result<(), FangError> {
    let mut client = app.database.get().await?;
    let transaction = client.transaction().await?;
    let fresh = insert_items(&transaction, feed, items).await?;
    let mut tasks = deliveries(&transaction, feed, &fresh).await?;
    if !fresh.is_empty() {
        // The heavy task. Its row says that it is blocking, so it is inserted like the others, and a pool of threads
        // runs it.
        tasks.push(NewTask::blocking(&DigestItems { items: fresh })?);
    }
    app.queue.insert_tasks_in(&transaction, tasks).await?;
    let statement = transaction.prepare_cached(SYNCED).await?;
    transaction.execute(&statement, &[&feed, &attempt.cast_signed()]).await?;
    transaction.commit().await?;
    Ok(())
}

/// Saves the reason why a feed could not be synced.
pub(crate) async fn trouble(app: &App, feed: i64, attempt: u32, trouble: &Trouble) -> Result<(), FangError> {
    let client = app.database.get().await?;
    let statement = client.prepare_cached(TROUBLE).await?;
    client.execute(&statement, &[&feed, &attempt.cast_signed(), &trouble.cause()]).await?;
    Ok(())
}

/// Inserts the items that are new. Returns their ids.
async fn insert_items(
    transaction: &Transaction<'_>,
    feed: i64,
    items: &[Item],
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let guids: Vec<_> = items.iter().map(|item| item.guid.as_str()).collect();
    let titles: Vec<_> = items.iter().map(|item| item.title.as_deref()).collect();
    let links: Vec<_> = items.iter().map(|item| item.link.as_deref()).collect();
    let texts: Vec<_> = items.iter().map(|item| item.text.as_str()).collect();
    let statement = transaction.prepare_cached(INSERT_ITEMS).await?;
    let rows = transaction.query(&statement, &[&feed, &guids, &titles, &links, &texts]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Makes a delivery task for each pair of an item and a subscriber of the feed.
async fn deliveries(
    transaction: &Transaction<'_>,
    feed: i64,
    items: &[i64],
) -> Result<Vec<NewTask>, FangError> {
    let statement = transaction.prepare_cached(SUBSCRIBERS).await?;
    let inserted_at = SystemTime::now();
    let mut tasks = Vec::new();
    for row in transaction.query(&statement, &[&feed]).await? {
        let subscriber = row.try_get(0)?;
        for &item in items {
            tasks.push(NewTask::asynk(&Deliver { item, subscriber, inserted_at })?);
        }
    }
    Ok(tasks)
}
