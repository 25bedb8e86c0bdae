//! A drain of a transaction, whose tasks no pool sees.

use fang::AsyncQueue;
use fang::testing::{drain, transaction};
use tokio_postgres::Transaction;

async fn drains(queue: &AsyncQueue, sign_up: &Transaction<'_>) {
    let within = transaction(queue, sign_up);
    drain(&within).await;
}

fn main() {}
