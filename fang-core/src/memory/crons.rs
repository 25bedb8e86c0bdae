//! Crons: always one tick ahead, each tick once.

use super::tables::{Cron, Tables};
use super::tasks::new_row;
use crate::store::{Crons, DueCron, NewCron, SavedCron, Tick};
use crate::task::{FangTaskState, read_metadata};
use chrono::{DateTime, Utc};

impl Tables {
    pub(super) fn sync_cron(&mut self, cron: &NewCron, now: DateTime<Utc>) -> SavedCron {
        match self.crons.get(&cron.name) {
            Some(kept) if is_same(&kept.cron, cron) => {
                return SavedCron { last_tick: kept.last_tick, task_id: kept.task_id };
            }
            Some(changed) => {
                let old = changed.task_id;
                if self.row(old).is_some_and(|row| row.state == FangTaskState::New) {
                    self.take(old);
                }
            }
            None => {}
        }
        let task_id = cron.task.id;
        let kept = Cron { cron: cron.clone(), last_tick: cron.first, task_id };
        self.put_tick(&kept, now);
        self.crons.insert(cron.name.clone(), kept);
        SavedCron { last_tick: cron.first, task_id }
    }

    pub(super) fn crons(&self, now: DateTime<Utc>) -> Crons {
        Crons::new(self.crons.values().map(|cron| due_cron(cron, now)))
    }

    pub(super) fn fire(&mut self, tick: &Tick<'_>, now: DateTime<Utc>) -> bool {
        let wins = self.crons.get(tick.name).is_some_and(|cron| cron.last_tick == tick.seen);
        let taken = if wins { self.crons.remove(tick.name) } else { None };
        if let (Some(mut cron), Some(next)) = (taken, tick.next) {
            cron.last_tick = next;
            cron.task_id = tick.id;
            self.put_tick(&cron, now);
            self.crons.insert(tick.name.to_owned(), cron);
        }
        wins
    }

    /// A tick is never unique by its payload: it is inserted while the one before may still run.
    fn put_tick(&mut self, cron: &Cron, now: DateTime<Utc>) {
        let mut task = cron.cron.task.clone().at(cron.last_tick);
        task.id = cron.task_id;
        task.uniq_hash = None;
        self.put(new_row(&task, now));
    }
}

fn is_same(kept: &NewCron, cron: &NewCron) -> bool {
    let parts = |cron: &NewCron| {
        let task = &cron.task;
        (
            cron.pattern.clone(),
            read_metadata(&task.metadata),
            task.task_type.clone(),
            task.mode,
            task.priority,
        )
    };
    parts(kept) == parts(cron)
}

fn due_cron(cron: &Cron, now: DateTime<Utc>) -> DueCron {
    DueCron {
        name: cron.cron.name.clone(),
        pattern: cron.cron.pattern.clone(),
        last_tick: cron.last_tick,
        now,
    }
}
