//! Crons: the task of the next tick is inserted ahead, and each tick is inserted once.

use super::tables::{Cron, Tables};
use super::tasks::new_row;
use crate::new_task::NewTask;
use crate::options::{Headers, Options};
use crate::schedule::Missed;
use crate::store::{CronInfo, CronRemoval, Crons, DueCron, MISSED_AFTER, NewCron, Pause, SavedCron, Tick};
use crate::task::{FangTaskState, read_metadata};
use chrono::{DateTime, Utc};
use uuid::Uuid;

impl Tables {
    pub(super) fn sync_cron(&mut self, cron: &NewCron, now: DateTime<Utc>) -> SavedCron {
        let new = Cron {
            cron: cron.clone(),
            last_tick: cron.first,
            task_id: cron.task.id,
            created_at: now,
            paused_at: None,
            ticked_at: now,
        };
        let kept = match self.crons.remove(&cron.name) {
            Some(kept) if is_same(&kept.cron, cron) => kept,
            Some(changed) => {
                let skips = changed.cron.cron.missed == Missed::Skip;
                let is_replaced = |at| at > now || skips && now - at > MISSED_AFTER;
                if self.row(changed.task_id).is_some_and(|row| is_replaced(row.scheduled_at)) {
                    self.take_waiting(changed.task_id);
                }
                let Cron { created_at, paused_at, .. } = changed;
                let task_id = if paused_at.is_some() { Uuid::nil() } else { new.task_id };
                self.put_cron(Cron { task_id, created_at, paused_at, ..new }, now)
            }
            None => self.put_cron(new, now),
        };
        let saved = SavedCron { last_tick: kept.last_tick, task_id: kept.task_id };
        self.crons.insert(cron.name.clone(), kept);
        saved
    }

    /// Returns whether there was such a cron.
    pub(super) fn rename_cron(&mut self, from: &str, to: &NewCron) -> bool {
        let Some(mut cron) = self.crons.remove(from) else { return false };
        if self.crons.contains_key(&to.name) {
            self.take_waiting(cron.task_id);
        } else {
            cron.cron.name.clone_from(&to.name);
            cron.cron.task.metadata.clone_from(&to.task.metadata);
            self.crons.insert(to.name.clone(), cron);
        }
        true
    }

    pub(super) fn crons(&self, now: DateTime<Utc>) -> Crons {
        let ticking = self.crons.values().filter(|cron| cron.paused_at.is_none());
        Crons::new(ticking.map(|cron| due_cron(cron, now)))
    }

    /// Returns the task type of the cron if it ticks.
    pub(super) fn fire(&mut self, tick: &Tick<'_>, now: DateTime<Utc>) -> Option<String> {
        let wins = |cron: &Cron| cron.last_tick == tick.seen && cron.paused_at.is_none();
        if !self.crons.get(tick.name).is_some_and(wins) {
            return None;
        }
        let mut cron = self.crons.remove(tick.name)?;
        let task_type = cron.cron.task.task_type.clone();
        tick.dropped.iter().for_each(|id| self.take_waiting(*id));
        tick.late.iter().for_each(|(at, id)| self.put_tick(&cron, *at, *id, now));
        if let Some(next) = tick.next {
            (cron.last_tick, cron.task_id, cron.ticked_at) = (next, tick.id, now);
            let cron = self.put_cron(cron, now);
            self.crons.insert(tick.name.to_owned(), cron);
        }
        Some(task_type)
    }

    pub(super) fn list_crons(&self) -> Vec<CronInfo> {
        self.crons.values().map(info).collect()
    }

    /// Returns whether that changed anything.
    pub(super) fn pause_cron(&mut self, name: &str, pause: Pause, now: DateTime<Utc>) -> bool {
        if pause == Pause::End {
            return self.crons.get_mut(name).is_some_and(|cron| cron.paused_at.take().is_some());
        }
        let Some(cron) = self.crons.get_mut(name).filter(|cron| cron.paused_at.is_none()) else {
            return false;
        };
        cron.paused_at = Some(now);
        let task_id = cron.task_id;
        if self.is_waiting(task_id) {
            self.take(task_id);
            self.crons.entry(name.to_owned()).and_modify(|cron| cron.task_id = Uuid::nil());
        }
        true
    }

    /// Returns the task type of the cron if it exists.
    pub(super) fn run_cron(&mut self, name: &str, id: Uuid, now: DateTime<Utc>) -> Option<String> {
        let cron = self.crons.get(name)?.cron.clone();
        if self.row(id).is_none() {
            self.put(new_row(&NewTask { id, uniq_hash: None, ..cron.task.clone().at(now) }, now));
        }
        Some(cron.task.task_type)
    }

    pub(super) fn remove_crons(&mut self, removal: &CronRemoval) -> u64 {
        let goes = |cron: &Cron| removal.removes(&cron.cron.name, cron.cron.task.mode);
        let gone: Vec<_> = self.crons.values().filter(|cron| goes(cron)).map(|cron| cron.task_id).collect();
        self.crons.retain(|_, cron| !goes(cron));
        gone.iter().for_each(|id| self.take_waiting(*id));
        gone.len() as u64
    }

    /// Inserts the task of the last tick too, unless the cron is paused.
    fn put_cron(&mut self, cron: Cron, now: DateTime<Utc>) -> Cron {
        if cron.paused_at.is_none() {
            self.put_tick(&cron, cron.last_tick, cron.task_id, now);
        }
        cron
    }

    /// Drops the unique hash, since a tick is inserted while the one before may still run.
    fn put_tick(&mut self, cron: &Cron, at: DateTime<Utc>, id: Uuid, now: DateTime<Utc>) {
        let mut task = cron.cron.task.clone().at(at);
        task.id = id;
        task.uniq_hash = None;
        self.put(new_row(&task, now));
    }

    fn is_waiting(&self, id: Uuid) -> bool {
        self.row(id).is_some_and(|row| row.state == FangTaskState::New)
    }

    fn take_waiting(&mut self, id: Uuid) {
        if self.is_waiting(id) {
            self.take(id);
        }
    }
}

fn is_same(kept: &NewCron, cron: &NewCron) -> bool {
    let parts = |cron: &NewCron| {
        let task = &cron.task;
        let column = (task.task_type.clone(), task.mode, task.priority, task.expires);
        // Each process may schedule it with other headers.
        let options = Options { headers: Headers::new(), ..task.options.clone() };
        (cron.cron.clone(), read_metadata(&task.metadata), column, options)
    };
    parts(kept) == parts(cron)
}

fn due_cron(cron: &Cron, now: DateTime<Utc>) -> DueCron {
    DueCron {
        name: cron.cron.name.clone(),
        cron: cron.cron.cron.clone(),
        last_tick: cron.last_tick,
        task_id: cron.task_id,
        ticked_at: cron.ticked_at,
        now,
    }
}

fn info(cron: &Cron) -> CronInfo {
    let task = &cron.cron.task;
    CronInfo {
        name: cron.cron.name.clone(),
        cron: cron.cron.cron.clone(),
        task_type: task.task_type.clone(),
        mode: task.mode,
        priority: task.priority,
        next_tick: cron.last_tick,
        created_at: cron.created_at,
        paused_at: cron.paused_at,
        payload: task.metadata.clone().into(),
        expires: task.expires,
        options: task.options.clone(),
    }
}
