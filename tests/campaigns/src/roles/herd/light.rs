//! The herd through tokio.

use super::{HerdSettings, PRODUCERS, Tasks, is_stopping};
use crate::Failure;
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, NoTls};

pub(super) fn run(settings: &HerdSettings) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let queue =
            AsyncQueue::builder().uri(&settings.uri).max_pool_size(PRODUCERS).notify(!settings.mute).build();
        let mut producers = Vec::new();
        for _ in 0..PRODUCERS {
            producers.push(tokio::spawn(produce(settings.clone(), queue.clone())));
        }
        for producer in producers {
            producer.await??;
        }
        Ok(())
    })
}

async fn produce(settings: HerdSettings, queue: AsyncQueue<NoTls>) -> Result<(), Failure> {
    let tasks = Tasks::new(&settings)?;
    let (mut client, connection) = tokio_postgres::connect(&settings.uri, tokio_postgres::NoTls).await?;
    // The client reports its errors.
    tokio::spawn(connection);
    while !is_stopping() {
        tokio::time::sleep(settings.pause()).await;
        let (task, id) = tasks.next()?;
        let outcome = if settings.within {
            let transaction = client.transaction().await?;
            let outcome = queue.insert_tasks_in(&transaction, vec![task]).await.map(drop);
            transaction.commit().await?;
            outcome
        } else {
            queue.insert_tasks(vec![task]).await.map(drop)
        };
        tasks.acked(id, outcome)?;
    }
    Ok(())
}
