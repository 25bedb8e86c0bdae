//! The herd through diesel.

use super::{HerdSettings, PRODUCERS, Tasks, is_stopping};
use crate::Failure;
use diesel::{Connection, PgConnection};
use fang::{Queue, Queueable};

pub(super) fn run(settings: &HerdSettings) -> Result<(), Failure> {
    let queue = Queue::builder().uri(&settings.uri).max_pool_size(PRODUCERS).notify(!settings.mute).build();
    let mut producers = Vec::new();
    for _ in 0..PRODUCERS {
        let (settings, queue) = (settings.clone(), queue.clone());
        producers.push(std::thread::spawn(move || produce(&settings, &queue)));
    }
    for producer in producers {
        producer.join().map_err(|_| "a producer panicked")??;
    }
    Ok(())
}

fn produce(settings: &HerdSettings, queue: &Queue) -> Result<(), Failure> {
    let tasks = Tasks::new(settings)?;
    let mut connection = settings.within.then(|| PgConnection::establish(&settings.uri)).transpose()?;
    while !is_stopping() {
        std::thread::sleep(settings.pause());
        let (task, id) = tasks.next()?;
        let outcome = match connection.as_mut() {
            None => queue.insert_tasks(vec![task]).map(drop),
            Some(connection) => connection
                .transaction(|connection| {
                    Ok::<_, diesel::result::Error>(queue.insert_tasks_in(connection, vec![task]))
                })?
                .map(drop),
        };
        tasks.acked(id, outcome)?;
    }
    Ok(())
}
