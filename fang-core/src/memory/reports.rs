//! What workers tell, minute by minute, and what they are asked to do.

use super::tables::{Tables, Worker};
use crate::store::{
    Asked, Depth, Minute, Minutes, PausedType, Report, ReportedBeat, WorkerId, WorkerInfo, WorkerRow,
};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::ops::Bound;
use std::time::Duration;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The beginning of the minute of an instant.
fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(MINUTE).unwrap_or(at)
}

impl Tables {
    pub(super) fn heartbeat_with(
        &mut self,
        worker: WorkerId,
        lease: Duration,
        report: &Report,
        now: DateTime<Utc>,
    ) -> ReportedBeat {
        let answer = ReportedBeat::without_report(self.heartbeat(worker, lease, now));
        let minute_is_due = self.gathered_in != Some(minute(now));
        let Some(row) = self.workers.get_mut(&worker) else { return answer.minute_is_due(minute_is_due) };
        row.tells(report);
        answer.saved(true).minute_is_due(minute_is_due).asked(row.asked)
    }

    pub(super) fn retire_with(&mut self, worker: WorkerId, report: &Report, now: DateTime<Utc>) {
        if let Some(row) = self.workers.get_mut(&worker) {
            row.tells(report);
        }
        self.retire(worker, now);
    }

    pub(super) fn gather(&mut self, now: DateTime<Utc>) -> bool {
        let this_minute = minute(now);
        if self.gathered_in.replace(this_minute) == Some(this_minute) {
            return false;
        }
        for worker in self.workers.values_mut().filter(|worker| worker.told != worker.gathered) {
            let at = minute(worker.beat_at).min(this_minute - MINUTE);
            for (task_type, tally) in worker.told.since(&worker.gathered).iter() {
                self.minutes.entry((at, task_type.to_owned())).or_default().merge(tally);
            }
            worker.gathered = worker.told.clone();
        }
        true
    }

    pub(super) fn prune_minutes(&mut self, now: DateTime<Utc>) {
        let kept = TimeDelta::from_std(Minutes::KEPT).unwrap_or(TimeDelta::MAX);
        self.minutes.retain(|(at, _), _| now - *at <= kept && *at - now <= TimeDelta::hours(1));
    }

    pub(super) fn minutes(&self, page: &Minutes<'_>, now: DateTime<Utc>) -> Vec<Minute> {
        let begin = match page.after {
            Some((at, task_type)) => Bound::Excluded((at, task_type.to_owned())),
            None => Bound::Included((page.from, String::new())),
        };
        let rows = self.minutes.range((begin, Bound::Unbounded));
        let rows = rows.filter(|((at, _), _)| *at >= page.from && *at <= now).take(page.limit as usize);
        rows.map(|((at, task_type), tally)| Minute {
            at: *at,
            task_type: task_type.clone(),
            tally: tally.clone(),
        })
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

    /// Returns `false` if the task type was paused already.
    pub(super) fn pause(&mut self, task_type: &str, now: DateTime<Utc>) -> bool {
        let is_new = !self.paused.contains_key(task_type);
        self.paused.entry(task_type.to_owned()).or_insert(now);
        is_new
    }

    pub(super) fn paused_types(&self) -> Vec<PausedType> {
        let paused = self.paused.iter().take(Depth::TASK_TYPES.into());
        paused
            .map(|(task_type, paused_at)| PausedType { task_type: task_type.clone(), paused_at: *paused_at })
            .collect()
    }
}

impl Worker {
    fn tells(&mut self, report: &Report) {
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
