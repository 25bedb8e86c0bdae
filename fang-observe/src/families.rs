//! The metrics, by their names.

use crate::groups::{Group, groups};
use crate::look::{Look, SlowLook};
use crate::text::{Sort, Text};
use crate::totals::Totals;
use fang_core::store::{
    Counts, ErrorGroups, Histogram, TableSize, Tally, TypeInfo, WorkerId, WorkerInfo, WorkerState,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So many kinds of failed tasks have lines of their own.
const MAX_KINDS: usize = 200;

/// The first and the last end of a bucket of a histogram, as powers of two in microseconds. Each bucket is twice as long as the
/// one before.
type Ends = std::ops::RangeInclusive<u32>;

/// From 0.25 ms to 72 minutes.
const RUNS: Ends = 8..=32;
/// From 1 ms to 19 hours: a backlog may be that old.
const WAITS: Ends = 10..=36;

const TASK_TYPE: &str = "task_type";
const KIND: &str = "kind";

const WAITING: &str =
    "Tasks that wait, due or for later; at most 10000 are counted, and 20000 of all task types together.";
const DUE: &str =
    "Tasks that are due and wait; at most 10000 are counted, and 20000 of all task types together.";

/// The text of all metrics.
pub(crate) fn all(look: &Look, slow: &SlowLook, totals: &Totals, took: Duration) -> String {
    let mut text = Text::default();
    let active: BTreeSet<WorkerId> =
        look.workers.iter().filter(|worker| state(worker) == Some("alive")).map(|worker| worker.id).collect();
    types(&mut text, &look.types, totals, &active);
    workers(&mut text, &look.workers);
    running(&mut text, &look.workers, totals);
    lost(&mut text, totals);
    counters(&mut text, totals);
    failed_of_kinds(&mut text, totals);
    let runs = "How long runs took; the longest bucket ends at 72 min.";
    histogram(&mut text, totals, ("fang_run_seconds", runs), RUNS, |tally| &tally.runs);
    let waits = "How long tasks had been due when their runs began; the longest bucket ends at 19 h.";
    histogram(&mut text, totals, ("fang_wait_seconds", waits), WAITS, |tally| &tally.waits);
    failed(&mut text, &slow.failed);
    tables(&mut text, &slow.tables);
    if let Some(version) = slow.schema_version {
        text.single("fang_schema_version", "The version of the tables.", version);
    }
    text.single(
        "fang_look_seconds",
        "How long it took to read these metrics from the store.",
        took.as_secs_f64(),
    );
    text.into_string()
}

/// Of each task type that has waiting tasks, is served or is paused.
fn types(text: &mut Text, types: &[TypeInfo], totals: &Totals, active: &BTreeSet<WorkerId>) {
    let groups = groups(types, totals);
    let mut gauge = |name: &str, help: &str, of: &dyn Fn(&Group<'_>) -> f64| {
        text.metric(name, Sort::Gauge, help);
        groups.iter().for_each(|group| text.sample(name, &[(TASK_TYPE, group.name)], of(group)));
    };
    gauge("fang_tasks_waiting", WAITING, &|group| group.sum(|info| info.depth.waiting.count) as f64);
    gauge("fang_tasks_due", DUE, &|group| group.sum(|info| info.depth.due.count) as f64);
    gauge(
        "fang_oldest_due_seconds",
        "How long the first of these tasks has been due; 0 if none is.",
        &|group| group.oldest_due().as_secs_f64(),
    );
    gauge("fang_type_paused", "1 if the task type is paused, else 0.", &|group| {
        f64::from(u8::from(group.is_paused()))
    });
    gauge(
        "fang_type_workers",
        "Running pools that serve the task type, without quiet and silent ones.",
        &|group| group.served_by(active) as f64,
    );
}

/// The state of a running pool.
fn state(worker: &WorkerInfo) -> Option<&'static str> {
    match worker.state {
        WorkerState::Alive if worker.is_quiet => Some("quiet"),
        WorkerState::Alive => Some("alive"),
        WorkerState::Silent => Some("silent"),
        _ => None,
    }
}

fn workers(text: &mut Text, workers: &[WorkerInfo]) {
    let name = "fang_workers";
    text.metric(
        name,
        Sort::Gauge,
        "Running pools: alive; quiet, which claim nothing; silent, which miss their beats.",
    );
    for wanted in ["alive", "quiet", "silent"] {
        let count = workers.iter().filter(|worker| state(worker) == Some(wanted)).count();
        text.sample(name, &[("state", wanted)], count);
    }
    let sum = |of: fn(&WorkerInfo) -> u32| {
        workers
            .iter()
            .filter(|worker| state(worker).is_some())
            .map(|worker| u64::from(of(worker)))
            .sum::<u64>()
    };
    let capacity = sum(|worker| worker.workers);
    text.single("fang_worker_capacity", "Tasks that all running pools can run at the same time.", capacity);
    text.single(
        "fang_worker_busy",
        "Tasks that all running pools ran at their last beats.",
        sum(|worker| worker.busy),
    );
}

/// Each of these task types has totals, or no place.
fn running(text: &mut Text, workers: &[WorkerInfo], totals: &Totals) {
    let mut running = BTreeMap::<&str, u64>::new();
    let place = |task_type| if totals.has(task_type) { task_type } else { Counts::OTHERS };
    for worker in workers.iter().filter(|worker| state(worker).is_some()) {
        for task_type in &worker.task_types {
            running.entry(place(task_type)).or_default();
        }
        for (task_type, tally) in worker.counts.iter() {
            *running.entry(place(task_type)).or_default() += tally.running();
        }
    }
    let name = "fang_running";
    text.metric(name, Sort::Gauge, "Tasks that ran at the last beats of their pools.");
    running.iter().for_each(|(task_type, tasks)| text.sample(name, &[(TASK_TYPE, task_type)], tasks));
}

fn lost(text: &mut Text, totals: &Totals) {
    let name = "fang_workers_lost_total";
    text.metric(name, Sort::Counter, "Pools that were declared dead, since they were silent.");
    text.sample(name, &[], totals.lost());
}

/// A counter, what it counts, and its number.
type Counter = (&'static str, &'static str, fn(&Tally) -> u64);

const COUNTERS: [Counter; 7] = [
    ("fang_tasks_started_total", "Runs that have begun.", |tally| tally.started),
    ("fang_tasks_finished_total", "Tasks that have succeeded.", |tally| tally.finished),
    ("fang_tasks_retried_total", "Runs that have failed and are retried.", |tally| tally.retried),
    ("fang_tasks_failed_total", "Tasks that have failed for good.", |tally| tally.failed),
    ("fang_tasks_snoozed_total", "Runs that have asked to run again later.", |tally| tally.snoozed),
    ("fang_tasks_cancelled_total", "Tasks that were cancelled while they ran.", |tally| tally.cancelled),
    ("fang_tasks_expired_total", "Tasks that were not begun in time.", |tally| tally.expired),
];

fn counters(text: &mut Text, totals: &Totals) {
    for (name, help, number) in COUNTERS {
        text.metric(name, Sort::Counter, help);
        totals
            .iter()
            .for_each(|(task_type, tally)| text.sample(name, &[(TASK_TYPE, task_type)], number(tally)));
    }
}

fn failed_of_kinds(text: &mut Text, totals: &Totals) {
    let name = "fang_kind_failed_total";
    text.metric(name, Sort::Counter, "Tasks of a kind that have failed for good while they ran.");
    totals.kinds().for_each(|(kind, tally)| text.sample(name, &[(KIND, kind)], tally.failed));
}

fn histogram(
    text: &mut Text,
    totals: &Totals,
    (name, help): (&str, &str),
    ends: Ends,
    of: fn(&Tally) -> &Histogram,
) {
    let [bucket, sum, count] = ["bucket", "sum", "count"].map(|part| format!("{name}_{part}"));
    text.metric(name, Sort::Histogram, help);
    for (task_type, tally) in totals.iter() {
        let times = of(tally);
        for exponent in ends.clone() {
            let end = (f64::from(exponent).exp2() / 1e6).to_string();
            text.sample(&bucket, &[(TASK_TYPE, task_type), ("le", &*end)], shorter(times, exponent));
        }
        text.sample(&bucket, &[(TASK_TYPE, task_type), ("le", "+Inf")], times.count());
        text.sample(&sum, &[(TASK_TYPE, task_type)], times.micros() as f64 / 1e6);
        text.sample(&count, &[(TASK_TYPE, task_type)], times.count());
    }
}

/// How many were shorter than this power of two in microseconds. Each doubling has two spans.
fn shorter(times: &Histogram, exponent: u32) -> u64 {
    times.counts().iter().take(exponent as usize * 2).sum()
}

fn failed(text: &mut Text, failed: &ErrorGroups) {
    let mut kinds = BTreeMap::<&str, u64>::new();
    for group in &failed.groups {
        // The groups come with the largest first.
        let has_place = kinds.contains_key(&*group.kind) || kinds.len() < MAX_KINDS;
        *kinds.entry(if has_place { &group.kind } else { Counts::OTHERS }).or_default() += group.tasks;
    }
    let name = "fang_failed_tasks";
    text.metric(
        name,
        Sort::Gauge,
        "Rows of failed, cancelled and expired tasks, among the last tasks that ended.",
    );
    kinds.iter().for_each(|(kind, tasks)| text.sample(name, &[(KIND, kind)], tasks));
    text.single(
        "fang_failed_tasks_complete",
        "1 if fang_failed_tasks has all failed tasks, 0 if only those among the last tasks that ended.",
        u8::from(failed.is_all),
    );
}

fn tables(text: &mut Text, tables: &[TableSize]) {
    let mut gauge = |name: &str, help: &str, of: fn(&TableSize) -> u64| {
        text.metric(name, Sort::Gauge, help);
        tables.iter().for_each(|table| text.sample(name, &[("table", &table.name)], of(table)));
    };
    gauge("fang_live_rows", "Rows of a table, as the server estimates.", |table| table.live_rows);
    gauge("fang_dead_rows", "Rows that were changed or removed and still take room.", |table| {
        table.dead_rows
    });
    gauge("fang_table_bytes", "The size of a table without indexes.", |table| table.bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_the_runs_that_took_less_than_its_end() {
        let mut runs = Histogram::default();
        [0, 255, 256, 1_023, 1_024, 40_000]
            .iter()
            .for_each(|micros| runs.record(Duration::from_micros(*micros)));
        assert_eq!([8, 9, 10, 11, 16, 32].map(|exponent| shorter(&runs, exponent)), [2, 3, 4, 5, 6, 6]);
    }
}
