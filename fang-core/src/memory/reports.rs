//! What workers tell, minute by minute, and what they are asked to do.

use super::tables::{Tables, Worker};
use crate::store::{
    Asked, By, Depth, Minute, Minutes, Pause, PausedType, Per, Report, WorkerId, WorkerInfo, WorkerRow,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::ops::Bound;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

impl Tables {
    pub(super) fn is_minute_due(&self, now: DateTime<Utc>) -> bool {
        self.gathered_in != Some(Per::Minute.of(now))
    }

    pub(super) fn gather(&mut self, now: DateTime<Utc>) -> bool {
        let this_minute = Per::Minute.of(now);
        if self.gathered_in.replace(this_minute) == Some(this_minute) {
            return false;
        }
        for worker in self.workers.values_mut().filter(|worker| worker.told != worker.gathered) {
            let at = Per::Minute.of(worker.beat_at).min(this_minute - MINUTE);
            let since = worker.told.since(&worker.gathered);
            for (by, (name, tally)) in By::ALL.into_iter().flat_map(|by| since.by(by).map(move |of| (by, of)))
            {
                for per in Per::ALL {
                    self.minutes.entry((per, per.of(at), by, name.to_owned())).or_default().merge(tally);
                }
            }
            worker.gathered = worker.told.clone();
        }
        true
    }

    pub(super) fn prune_minutes(&mut self, now: DateTime<Utc>) {
        let kept = |per: &Per| TimeDelta::from_std(per.kept()).unwrap_or(TimeDelta::MAX);
        self.minutes.retain(|(per, at, ..), _| now - *at <= kept(per) && *at - now <= TimeDelta::hours(1));
    }

    pub(super) fn minutes(&self, page: &Minutes<'_>, now: DateTime<Utc>) -> Vec<Minute> {
        let begin = match page.after {
            Some((at, name)) => Bound::Excluded((page.per, at, page.by, name.to_owned())),
            None => Bound::Included((page.per, page.from, page.by, String::new())),
        };
        let rows = self.minutes.range((begin, Bound::Unbounded));
        let rows = rows.take_while(|((per, ..), _)| *per == page.per);
        let rows = rows.filter(|((_, at, by, _), _)| *by == page.by && *at >= page.from && *at <= now);
        let rows = rows.take(page.limit as usize);
        rows.map(|((_, at, _, name), tally)| Minute { at: *at, name: name.clone(), tally: tally.clone() })
            .collect()
    }

    pub(super) fn list_workers(
        &self,
        after: Option<WorkerId>,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Vec<WorkerInfo> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.workers.range((begin, Bound::Unbounded)).take(limit as usize);
        rows.map(|(id, worker)| worker.info(*id, now)).collect()
    }

    pub(super) fn ask(&mut self, worker: WorkerId, asked: Asked) -> bool {
        let alive = self.workers.get_mut(&worker).filter(|worker| worker.dead_at.is_none());
        alive.map(|worker| worker.asked = Some(asked)).is_some()
    }

    /// Returns whether that changed anything.
    pub(super) fn pause(&mut self, task_type: &str, pause: Pause, now: DateTime<Utc>) -> bool {
        match pause {
            Pause::Begin if self.paused.contains_key(task_type) => false,
            Pause::Begin => self.paused.insert(task_type.to_owned(), now).is_none(),
            Pause::End => self.paused.remove(task_type).is_some(),
        }
    }

    pub(super) fn paused_types(&self) -> Vec<PausedType> {
        let paused = self.paused.iter().take(Depth::TASK_TYPES.into());
        paused
            .map(|(task_type, paused_at)| PausedType { task_type: task_type.clone(), paused_at: *paused_at })
            .collect()
    }
}

impl Worker {
    pub(super) fn tells(&mut self, report: &Report) {
        self.load = Some((report.workers, report.busy, report.is_quiet));
        if let Some(counts) = &report.counts {
            self.told = counts.clone();
        }
        self.asked.take_if(|asked| report.done == Some(*asked));
    }

    fn info(&self, id: WorkerId, now: DateTime<Utc>) -> WorkerInfo {
        let row = WorkerRow {
            id,
            info: &self.info,
            started_at: self.started_at,
            beat_at: self.beat_at,
            silent_for: (now - self.beat_at).to_std().unwrap_or_default(),
            is_dead: self.dead_at.is_some(),
            is_lost: self.dead_at.is_some_and(|dead_at| dead_at > self.beat_at),
            load: self.load,
            asked: self.asked,
            told: self.told.clone(),
            gathered: self.gathered.clone(),
        };
        row.read()
    }
}
