//! Totals of the whole fleet that only rise.
//!
//! A store keeps no such number: workers go an hour after they stop, and minutes after 72 hours, and a sum that falls
//! looks to Prometheus like a counter that began at zero again, so that `rate()` would count everything twice. So the
//! difference of each worker since the last look is added to a total of this process. A restart of it sets the totals
//! to zero, which `rate()` knows.

use fang_core::store::{Counts, Tally, WorkerId, WorkerInfo};
use std::collections::{BTreeMap, HashMap};

/// So many task types have lines of their own. Each has some 70.
pub(crate) const MAX_TYPES: usize = 300;

/// The totals since the first look: those of each task type, and how many workers were lost.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// The workers of the last look. `None` before the first one.
    seen: Option<HashMap<WorkerId, Seen>>,
    sums: BTreeMap<String, Tally>,
    lost: u64,
}

/// What a worker had told at the last look.
#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    is_lost: bool,
}

impl Totals {
    /// Adds what the workers have counted since the last look. The first look only sees where they are: what they have
    /// counted before belongs to an earlier process that looked.
    pub(crate) fn add(&mut self, workers: &[WorkerInfo]) {
        let earlier = self.seen.take();
        let none = Seen::default();
        for worker in workers {
            // At zero, before the first run: a series that begins at 5 has risen by nothing.
            let served = worker.task_types.iter().map(String::as_str);
            for task_type in served.chain(worker.counts.iter().map(|(task_type, _)| task_type)) {
                self.of(task_type);
            }
            if let Some(earlier) = &earlier {
                let before = earlier.get(&worker.id).unwrap_or(&none);
                self.lost += u64::from(worker.is_lost && !before.is_lost);
                let since = worker.counts.since(&before.counts);
                since.iter().for_each(|(task_type, tally)| self.of(task_type).merge(tally));
            }
        }
        let seen = |worker: &WorkerInfo| Seen { counts: worker.counts.clone(), is_lost: worker.is_lost };
        self.seen = Some(workers.iter().map(|worker| (worker.id, seen(worker))).collect());
    }

    /// How many workers were declared dead.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether a task type has totals under its name.
    pub(crate) fn has(&self, task_type: &str) -> bool {
        self.sums.contains_key(task_type)
    }

    /// The task types, ordered by name, with their totals.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.sums.iter().map(|(task_type, tally)| (task_type.as_str(), tally))
    }

    /// Types keep their places, since a total that moved would fall.
    fn of(&mut self, task_type: &str) -> &mut Tally {
        let has_place = self.sums.contains_key(task_type) || self.sums.len() < MAX_TYPES;
        self.sums.entry(if has_place { task_type } else { Counts::OTHERS }.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use fang_core::store::WorkerRow;
    use std::time::Duration;

    fn worker(id: i64, told: &str, is_dead: bool) -> WorkerInfo {
        let row = WorkerRow {
            is_lost: is_dead,
            id: WorkerId(id),
            info: r#"{"task_types": ["mails"]}"#,
            started_at: DateTime::<Utc>::UNIX_EPOCH,
            beat_at: DateTime::<Utc>::UNIX_EPOCH,
            silent_for: Duration::ZERO,
            is_dead,
            load: None,
            asked: None,
            told: Counts::from_json(told),
            gathered: Counts::default(),
        };
        row.read()
    }

    fn finished(totals: &Totals) -> Vec<(&str, u64)> {
        totals.iter().map(|(task_type, tally)| (task_type, tally.finished)).collect()
    }

    #[test]
    fn totals_begin_at_zero_and_never_fall_while_workers_come_and_go() {
        let mut totals = Totals::default();
        totals.add(&[worker(1, r#"{"types": {"mails": {"finished": 700}, "old": {"finished": 3}}}"#, false)]);
        assert_eq!(finished(&totals), [("mails", 0), ("old", 0)], "it was counted before");
        totals.add(&[
            worker(1, r#"{"types": {"mails": {"finished": 705}}}"#, true),
            worker(2, r#"{"types": {"mails": {"finished": 2}}}"#, false),
        ]);
        assert_eq!(finished(&totals), [("mails", 7), ("old", 0)]);
        totals.add(&[worker(2, r#"{"types": {"mails": {"finished": 2}}}"#, false)]);
        assert_eq!(
            finished(&totals),
            [("mails", 7), ("old", 0)],
            "a worker that is gone takes nothing with it"
        );
    }

    #[test]
    fn a_lost_worker_counts_once_and_not_if_it_was_lost_before() {
        let mut totals = Totals::default();
        let earlier = worker(1, "{}", true);
        totals.add(&[earlier.clone(), worker(2, "{}", false)]);
        assert_eq!(totals.lost(), 0);
        for _ in 0..2 {
            totals.add(&[earlier.clone(), worker(2, "{}", true), worker(3, "{}", true)]);
            assert_eq!(totals.lost(), 2);
        }
    }

    #[test]
    fn task_types_without_a_place_are_summed() {
        let types: Vec<_> = (0..MAX_TYPES + 9).map(|n| format!("\"{n:04}\": {{\"finished\": 1}}")).collect();
        let (mut totals, told) = (Totals::default(), format!("{{\"types\": {{{}}}}}", types.join(",")));
        totals.add(&[]);
        totals.add(&[worker(1, &told, false)]);
        let sums = finished(&totals);
        assert_eq!(sums.len(), MAX_TYPES + 1);
        assert_eq!(sums.iter().find(|(name, _)| *name == Counts::OTHERS), Some(&(Counts::OTHERS, 10)));
    }
}
