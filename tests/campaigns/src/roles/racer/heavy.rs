//! Races through diesel.

use super::{PRODUCERS, RacerSettings, Tries, Within, is_stopping};
use crate::Failure;
use diesel::{Connection, PgConnection};
use fang::{NewTask, Queue, Queueable};

struct Racer {
    uri: String,
    tries: Tries,
    queue: Queue,
    /// The application's own connection.
    connection: Option<PgConnection>,
}

pub(super) fn run(settings: &RacerSettings) -> Result<(), Failure> {
    let mut racers = Vec::new();
    for producer in 0..PRODUCERS {
        let queue = Queue::builder().uri(&settings.uri).max_pool_size(1_u32).build();
        let tries = Tries::new(settings, producer)?;
        let racer = Racer { uri: settings.uri.clone(), tries, queue, connection: None };
        racers.push(std::thread::spawn(move || racer.run()));
    }
    for racer in racers {
        racer.join().map_err(|_| "a producer panicked")??;
    }
    Ok(())
}

impl Racer {
    fn run(mut self) -> Result<(), Failure> {
        while !is_stopping() {
            let (task, within) = self.tries.next()?;
            let id = task.id();
            if within == Within::Call {
                let outcome = self.queue.insert_tasks(vec![task]);
                self.tries.told(id, outcome)?;
            } else if let Err(error) = self.within_transaction(task, within) {
                log::info!("a transaction failed: {error}");
                self.connection = None;
            }
        }
        Ok(())
    }

    fn within_transaction(&mut self, task: NewTask, within: Within) -> Result<(), Failure> {
        if self.connection.is_none() {
            self.connection = Some(PgConnection::establish(&self.uri)?);
        }
        let connection = self.connection.as_mut().ok_or("no connection")?;
        let id = task.id();
        let queue = &self.queue;
        let committed = connection.transaction(|connection| {
            let outcome = queue.insert_tasks_in(connection, vec![task]);
            if within == Within::RolledBack { Err(Changed::Mind) } else { Ok(outcome) }
        });
        match committed {
            Ok(outcome) => self.tries.told(id, outcome),
            Err(Changed::Mind) => Ok(()),
            Err(Changed::Nothing(error)) => Err(error.into()),
        }
    }
}

/// Why a transaction did not commit.
enum Changed {
    Mind,
    Nothing(diesel::result::Error),
}

impl From<diesel::result::Error> for Changed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Nothing(error)
    }
}
