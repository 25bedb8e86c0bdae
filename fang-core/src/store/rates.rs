use super::{By, Counts, Depth, Histogram, Minute, PausedType, Tally, WorkerId, WorkerInfo, WorkerState};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

/// How fast the tasks of a task type or a kind run, in all pools together, how long their runs take, and how long they wait
/// for them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rate {
    /// The task type or the kind, or [`Counts::OTHERS`].
    pub name: String,
    /// How many runs began in a second.
    pub started: f64,
    /// How many tasks succeeded in a second.
    pub finished: f64,
    /// How many runs failed in a second and are retried.
    pub retried: f64,
    /// How many tasks failed for good in a second.
    pub failed: f64,
    /// How long a run took on average. `None` if no run has ended.
    pub mean: Option<Duration>,
    /// Half of the runs took no longer than this. See [`Histogram::quantile`] for how exact it is.
    pub p50: Option<Duration>,
    /// 95 of 100 runs took no longer.
    pub p95: Option<Duration>,
    /// 99 of 100 runs took no longer.
    pub p99: Option<Duration>,
    /// How long a task had been due on average when its run began. `None` if no run has begun.
    pub wait_mean: Option<Duration>,
    /// Half of the tasks had been due no longer than this. As exact as [`p50`](Self::p50), and as the clocks of the machines
    /// of the pools are.
    pub wait_p50: Option<Duration>,
    /// 95 of 100 tasks had been due no longer.
    pub wait_p95: Option<Duration>,
    /// 99 of 100 tasks had been due no longer.
    pub wait_p99: Option<Duration>,
    /// The numbers behind the rates.
    pub tally: Tally,
}

impl Rate {
    /// The rate of what was counted within this time.
    pub fn of(name: &str, tally: Tally, within: Duration) -> Self {
        let seconds = within.as_secs_f64().max(1e-3);
        let a_second = |number: u64| number as f64 / seconds;
        let (runs, waits): (&Histogram, &Histogram) = (&tally.runs, &tally.waits);
        Self {
            name: name.to_owned(),
            started: a_second(tally.started),
            finished: a_second(tally.finished),
            retried: a_second(tally.retried),
            failed: a_second(tally.failed),
            mean: runs.mean(),
            p50: runs.quantile(0.5),
            p95: runs.quantile(0.95),
            p99: runs.quantile(0.99),
            wait_mean: waits.mean(),
            wait_p50: waits.quantile(0.5),
            wait_p95: waits.quantile(0.95),
            wait_p99: waits.quantile(0.99),
            tally,
        }
    }

    /// The rates of all task types or all kinds, ordered by name, from the [start](super::Per::first) of a window until
    /// `now`. They come from their minutes or hours since the start, and from what the workers have counted since then.
    pub fn all(
        by: By,
        minutes: &[Minute],
        workers: &[WorkerInfo],
        from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<Self> {
        let mut counts = Counts::default();
        minutes.iter().for_each(|minute| counts.add_to(by, &minute.name, &minute.tally));
        Self::of_sum(by, counts, workers, from, now)
    }

    /// The same from the sum of these minutes or hours, which takes less memory than a list of them.
    pub fn of_sum(
        by: By,
        mut counts: Counts,
        workers: &[WorkerInfo],
        from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<Self> {
        // Counts of a worker that died long ago wait here while no pool gathers.
        let recent = workers.iter().filter(|worker| worker.beat_at >= from);
        recent.for_each(|worker| counts.merge(&worker.ungathered));
        let within = (now - from).to_std().unwrap_or_default();
        counts.by(by).map(|(name, tally)| Self::of(name, tally.clone(), within)).collect()
    }
}

/// A task type: how many tasks wait, whether it is paused, and which workers serve it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TypeInfo {
    /// The task type.
    pub task_type: String,
    /// How many tasks wait and are due, and how long the first has been due.
    pub depth: Depth,
    /// Since when it is paused. `None` if it is not.
    pub paused_at: Option<DateTime<Utc>>,
    /// The workers that serve it and are not dead.
    pub served_by: Vec<WorkerId>,
    /// How many of its tasks ran at the last beats of the workers that are not dead.
    pub running: u64,
    /// Its rate. `None` if nothing was counted under its name. A pool that serves very many task types counts some of
    /// them together, as [`Counts::OTHERS`].
    pub rate: Option<Rate>,
}

impl TypeInfo {
    fn new(task_type: &str) -> Self {
        Self {
            task_type: task_type.to_owned(),
            depth: Depth::none(task_type),
            paused_at: None,
            served_by: Vec::new(),
            running: 0,
            rate: None,
        }
    }

    /// All task types, ordered by name, that have waiting tasks, are paused, are served, run, or have a rate. What was
    /// counted as [`Counts::OTHERS`] is left out: it belongs to no single type.
    pub fn all(
        depths: Vec<Depth>,
        paused: Vec<PausedType>,
        workers: &[WorkerInfo],
        rates: Vec<Rate>,
    ) -> Vec<Self> {
        let mut all = Known::default();
        for depth in depths {
            let of = depth.task_type.clone();
            all.of(&of).depth = depth;
        }
        for PausedType { task_type, paused_at } in paused {
            all.of(&task_type).paused_at = Some(paused_at);
        }
        for worker in workers.iter().filter(|worker| worker.state != WorkerState::Dead) {
            worker.task_types.iter().for_each(|task_type| all.of(task_type).served_by.push(worker.id));
            let running = worker.counts.iter().map(|(task_type, tally)| (task_type, tally.running()));
            for (task_type, tasks) in running.filter(|(name, tasks)| *tasks > 0 && *name != Counts::OTHERS) {
                all.of(task_type).running += tasks;
            }
        }
        for rate in rates.into_iter().filter(|rate| rate.name != Counts::OTHERS) {
            let of = rate.name.clone();
            all.of(&of).rate = Some(rate);
        }
        // Those whose row does not list all of their types may serve any.
        let may_serve_any = |worker: &&WorkerInfo| worker.all_task_types || worker.more_task_types > 0;
        for worker in workers.iter().filter(may_serve_any).filter(|worker| worker.state != WorkerState::Dead)
        {
            let others = all.0.values_mut().filter(|info| !info.served_by.contains(&worker.id));
            others.for_each(|info| info.served_by.push(worker.id));
        }
        all.0.into_values().collect()
    }
}

#[derive(Default)]
struct Known(BTreeMap<String, TypeInfo>);

impl Known {
    fn of(&mut self, task_type: &str) -> &mut TypeInfo {
        self.0.entry(task_type.to_owned()).or_insert_with(|| TypeInfo::new(task_type))
    }
}

/// A kind whose tasks run, or ran within a window.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KindInfo {
    /// The kind, or [`Counts::OTHERS`]: the kinds that had no room in the beats of their pools, and those that the program
    /// of their pool does not have.
    pub kind: String,
    /// How many of its tasks ran at the last beats of the workers that are not dead.
    pub running: u64,
    /// Its rate. `None` if nothing was counted within the window.
    pub rate: Option<Rate>,
}

impl KindInfo {
    /// All kinds that run or have a rate, ordered by name.
    pub fn all(workers: &[WorkerInfo], rates: Vec<Rate>) -> Vec<Self> {
        let mut all = BTreeMap::<String, Self>::new();
        let new = |kind: &str| Self { kind: kind.to_owned(), running: 0, rate: None };
        for worker in workers.iter().filter(|worker| worker.state != WorkerState::Dead) {
            let running = worker.counts.by(By::Kind).map(|(kind, tally)| (kind, tally.running()));
            for (kind, tasks) in running.filter(|(_, tasks)| *tasks > 0) {
                all.entry(kind.to_owned()).or_insert_with(|| new(kind)).running += tasks;
            }
        }
        for rate in rates {
            let kind = all.entry(rate.name.clone()).or_insert_with(|| new(&rate.name));
            kind.rate = Some(rate);
        }
        all.into_values().collect()
    }
}
