//! Inserts through tokio.

use super::batch::{Batches, Way};
use super::{ProducerSettings, is_stopping};
use crate::Failure;
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, NewTask, NoTls};
use std::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

struct Producer<'s> {
    settings: &'s ProducerSettings,
    batches: Batches<'s>,
    queue: AsyncQueue<NoTls>,
    /// The application's own connection.
    client: Option<Client>,
}

pub(super) fn run(settings: &ProducerSettings) -> Result<(), Failure> {
    let queue = AsyncQueue::builder().uri(&settings.uri).max_pool_size(1_u32).build();
    let producer = Producer { settings, batches: Batches::new(settings)?, queue, client: None };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(producer.run())
}

impl Producer<'_> {
    async fn run(mut self) -> Result<(), Failure> {
        let mut due = Instant::now();
        while !is_stopping() {
            let way = self.batches.way();
            let (tasks, ids) = self.batches.next()?;
            if let Err(error) = self.insert(way, tasks, &ids).await {
                log::info!("the outcome of an insert is unknown: {error}");
                self.client = None;
            }
            if way != Way::RolledBack {
                due = self.settings.next_tick(due);
                tokio::time::sleep_until(due.into()).await;
            }
        }
        Ok(())
    }

    async fn insert(&mut self, way: Way, tasks: Vec<NewTask>, ids: &[Uuid]) -> Result<(), Failure> {
        match way {
            Way::Together => {
                self.queue.insert_tasks(tasks).await?;
                self.batches.acked(ids)
            }
            Way::Apart => {
                for task in tasks {
                    let id = task.id();
                    self.queue.insert(task).await?;
                    self.batches.acked(&[id])?;
                }
                Ok(())
            }
            Way::Transaction | Way::RolledBack => self.within_transaction(way, tasks, ids).await,
        }
    }

    async fn within_transaction(
        &mut self,
        way: Way,
        tasks: Vec<NewTask>,
        ids: &[Uuid],
    ) -> Result<(), Failure> {
        if way == Way::RolledBack {
            // From here on it cannot be committed.
            self.batches.rolled_back(ids)?;
        }
        if self.client.is_none() {
            self.client = Some(connect(&self.settings.uri).await?);
        }
        let client = self.client.as_mut().ok_or("no connection")?;
        let transaction = client.transaction().await?;
        self.queue.insert_tasks_in(&transaction, tasks).await?;
        if way == Way::RolledBack {
            return Ok(transaction.rollback().await?);
        }
        transaction.commit().await?;
        self.batches.acked(ids)
    }
}

async fn connect(uri: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(uri, tokio_postgres::NoTls).await?;
    // The client reports its errors.
    tokio::spawn(connection);
    Ok(client)
}
