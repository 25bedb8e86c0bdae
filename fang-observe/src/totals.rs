//! Totals of the whole fleet that only rise.
//!
//! A store keeps no such number: workers go an hour after they stop, and minutes after 72 hours, and a sum that falls
//! looks to Prometheus like a counter that began at zero again, so that `rate()` would count everything twice. So the
//! difference of each worker since the last look is added to a total of this process. A restart of it sets the totals
//! to zero, which `rate()` knows.
//!
//! Each total is told as zero first, and what was counted with the next look: Prometheus takes a series that begins at 5 for one
//! that has risen by nothing.

use fang_core::store::{By, Counts, Tally, WorkerId, WorkerInfo};
use std::collections::{BTreeMap, HashMap};

/// So many task types have lines of their own, and so many kinds. Each type has some 70.
pub(crate) const MAX_TYPES: usize = 300;

/// The totals since the first look: those of each task type and kind, and how many workers were lost.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// The workers of the last look. `None` before the first one.
    seen: Option<HashMap<WorkerId, Seen>>,
    types: Sums,
    kinds: Sums,
    lost: u64,
}

/// The totals of names.
#[derive(Debug, Default)]
struct Sums {
    told: BTreeMap<String, Tally>,
    /// What the last look has counted under names that were new. The next one tells it.
    late: BTreeMap<String, Tally>,
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
        self.types.begin();
        self.kinds.begin();
        let earlier = self.seen.take();
        let none = Seen::default();
        for worker in workers {
            let served = worker.task_types.iter().map(String::as_str);
            served.chain(names(worker, By::TaskType)).for_each(|task_type| {
                self.types.of(task_type);
            });
            names(worker, By::Kind).for_each(|kind| {
                self.kinds.of(kind);
            });
            if let Some(earlier) = &earlier {
                let before = earlier.get(&worker.id).unwrap_or(&none);
                self.lost += u64::from(worker.is_lost && !before.is_lost);
                let since = worker.counts.since(&before.counts);
                since.iter().for_each(|(task_type, tally)| self.types.of(task_type).merge(tally));
                since.by(By::Kind).for_each(|(kind, tally)| self.kinds.of(kind).merge(tally));
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
        self.types.told.contains_key(task_type)
    }

    /// The task types, ordered by name, with their totals.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.types.iter()
    }

    /// The kinds, ordered by name, with their totals.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.kinds.iter()
    }
}

impl Sums {
    /// Tells what the last look has counted late.
    fn begin(&mut self) {
        for (name, tally) in std::mem::take(&mut self.late) {
            self.told.entry(name).or_default().merge(&tally);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.told.iter().map(|(name, tally)| (name.as_str(), tally))
    }

    /// Where to count under this name. Names keep their places, since a total that moved would fall.
    fn of(&mut self, name: &str) -> &mut Tally {
        let has_place = self.told.contains_key(name) || self.told.len() < MAX_TYPES;
        let place = if has_place { name } else { Counts::OTHERS };
        if !self.told.contains_key(place) {
            self.told.insert(place.to_owned(), Tally::default());
            self.late.insert(place.to_owned(), Tally::default());
        }
        match self.late.get_mut(place) {
            Some(late) => late,
            None => self.told.entry(place.to_owned()).or_default(),
        }
    }
}

/// The task types or the kinds of which a worker tells.
fn names(worker: &WorkerInfo, by: By) -> impl Iterator<Item = &str> {
    worker.counts.by(by).map(|(name, _)| name)
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
    fn a_name_that_is_new_begins_at_zero_and_its_counts_come_with_the_next_look() {
        let told = |finished| {
            format!(
                r#"{{"types": {{"rare": {{"finished": {finished}}}}}, "kinds": {{"Rare": {{"failed": {finished}}}}}}}"#
            )
        };
        let mut totals = Totals::default();
        totals.add(&[]);
        let mut seen = Vec::new();
        for count in [5, 5, 7] {
            // Both workers are new with the first look.
            totals.add(&[worker(1, &told(count), false), worker(2, &told(1), false)]);
            let failed =
                totals.kinds().map(|(kind, tally)| (kind.to_owned(), tally.failed)).collect::<Vec<_>>();
            seen.push((finished(&totals)[1].1, failed));
        }
        assert_eq!(seen, [0, 6, 8].map(|total| (total, vec![("Rare".to_owned(), total)])));
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
        for _ in 0..2 {
            totals.add(&[worker(1, &told, false)]);
        }
        let sums = finished(&totals);
        assert_eq!(sums.len(), MAX_TYPES + 1);
        assert_eq!(sums.iter().find(|(name, _)| *name == Counts::OTHERS), Some(&(Counts::OTHERS, 10)));
    }
}
