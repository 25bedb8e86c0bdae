//! Races through tokio.

use super::{PRODUCERS, RacerSettings, Tries, Within, is_stopping};
use crate::Failure;
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, NewTask, NoTls};
use tokio_postgres::Client;

struct Racer {
    uri: String,
    tries: Tries,
    queue: AsyncQueue<NoTls>,
    /// The application's own connection.
    client: Option<Client>,
}

pub(super) fn run(settings: &RacerSettings) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut racers = Vec::new();
        for producer in 0..PRODUCERS {
            let queue = AsyncQueue::builder().uri(&settings.uri).max_pool_size(1_u32).build();
            let tries = Tries::new(settings, producer)?;
            let racer = Racer { uri: settings.uri.clone(), tries, queue, client: None };
            racers.push(tokio::spawn(racer.run()));
        }
        for racer in racers {
            racer.await??;
        }
        Ok(())
    })
}

impl Racer {
    async fn run(mut self) -> Result<(), Failure> {
        while !is_stopping() {
            let (task, within) = self.tries.next()?;
            let id = task.id();
            if within == Within::Call {
                let outcome = self.queue.insert_tasks(vec![task]).await;
                self.tries.told(id, outcome)?;
            } else if let Err(error) = self.within_transaction(task, within).await {
                log::info!("a transaction failed: {error}");
                self.client = None;
            }
        }
        Ok(())
    }

    async fn within_transaction(&mut self, task: NewTask, within: Within) -> Result<(), Failure> {
        if self.client.is_none() {
            self.client = Some(connect(&self.uri).await?);
        }
        let client = self.client.as_mut().ok_or("no connection")?;
        let transaction = client.transaction().await?;
        let id = task.id();
        let outcome = self.queue.insert_tasks_in(&transaction, vec![task]).await;
        if within == Within::RolledBack {
            return Ok(transaction.rollback().await?);
        }
        transaction.commit().await?;
        self.tries.told(id, outcome)
    }
}

async fn connect(uri: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(uri, tokio_postgres::NoTls).await?;
    // The client reports its errors.
    tokio::spawn(connection);
    Ok(client)
}
