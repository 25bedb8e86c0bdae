//! Inserts through diesel.

use super::batch::{Batches, Way};
use super::{ProducerSettings, is_stopping};
use crate::Failure;
use diesel::{Connection, PgConnection};
use fang::{NewTask, Queue, Queueable};
use std::time::Instant;
use uuid::Uuid;

struct Producer<'s> {
    settings: &'s ProducerSettings,
    batches: Batches<'s>,
    queue: Queue,
    /// The application's own connection.
    connection: Option<PgConnection>,
}

pub(super) fn run(settings: &ProducerSettings) -> Result<(), Failure> {
    let queue = Queue::builder().uri(&settings.uri).max_pool_size(1_u32).build();
    Producer { settings, batches: Batches::new(settings)?, queue, connection: None }.run()
}

impl Producer<'_> {
    fn run(mut self) -> Result<(), Failure> {
        let mut due = Instant::now();
        while !is_stopping() {
            let way = self.batches.way();
            let (tasks, ids) = self.batches.next()?;
            if let Err(error) = self.insert(way, tasks, &ids) {
                log::info!("the outcome of an insert is unknown: {error}");
                self.connection = None;
            }
            if way != Way::RolledBack {
                due = self.settings.next_tick(due);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        }
        Ok(())
    }

    fn insert(&mut self, way: Way, tasks: Vec<NewTask>, ids: &[Uuid]) -> Result<(), Failure> {
        match way {
            Way::Together => {
                self.queue.insert_tasks(tasks)?;
                self.batches.acked(ids)
            }
            Way::Apart => {
                for task in tasks {
                    let id = task.id();
                    self.queue.insert(task)?;
                    self.batches.acked(&[id])?;
                }
                Ok(())
            }
            Way::Transaction | Way::RolledBack => self.within_transaction(way, tasks, ids),
        }
    }

    fn within_transaction(&mut self, way: Way, tasks: Vec<NewTask>, ids: &[Uuid]) -> Result<(), Failure> {
        if way == Way::RolledBack {
            // From here on it cannot be committed.
            self.batches.rolled_back(ids)?;
        }
        if self.connection.is_none() {
            self.connection = Some(PgConnection::establish(&self.settings.uri)?);
        }
        let connection = self.connection.as_mut().ok_or("no connection")?;
        let queue = &self.queue;
        let outcome = connection.transaction(|connection| {
            queue.insert_tasks_in(connection, tasks)?;
            if way == Way::RolledBack { Err(Failure::from(ROLLED_BACK)) } else { Ok(()) }
        });
        match outcome {
            Ok(()) => self.batches.acked(ids),
            Err(error) if error.to_string() == ROLLED_BACK => Ok(()),
            Err(error) => Err(error),
        }
    }
}

const ROLLED_BACK: &str = "rolled back";
