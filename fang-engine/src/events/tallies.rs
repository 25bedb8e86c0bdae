//! What a pool has counted, for its beats: of each task type, and of each kind.

mod kinds;
mod row;
mod slot;

use super::first_names::Limited;
use crate::policy::decide::Ending;
use crate::policy::served::Served;
use crate::policy::telling::Counted;
use crate::state::Job;
use fang_core::kind;
use fang_core::store::{By, Counts, Tally};
use kinds::KindPlaces;
use row::Row;
use slot::Slot;
use std::sync::Arc;
use std::time::Duration;

/// The counters of a pool. A task counts in the slot of its task type and kind, and the heart adds the slots up: so a run
/// adds to five counters, whatever is told of them. It takes no lock that is not for many task types, and allocates
/// nothing, except for the first task of a kind.
#[derive(Debug)]
pub(crate) struct Tallies {
    kinds: KindPlaces,
    types: Types,
}

/// The counters of all task types that the pool serves, and of the others together, of which it may rescue tasks.
/// Workers and the finisher write, the heart reads.
#[derive(Debug)]
enum Types {
    /// Of a pool that serves a few: ordered by the address of the name. The jobs of a pool share the names of its
    /// settings, so finding the row of a job compares no text, and takes no lock.
    Few(Vec<(Arc<str>, Row)>),
    /// Of a pool that serves many: of the first ones that had tasks.
    Many { rows: Limited<Row>, kinds: usize },
}

impl Tallies {
    /// Of a pool that serves these task types, in a program with these kinds.
    pub(crate) fn new(served: &Served, kinds: &[&'static str]) -> Self {
        let kinds = KindPlaces::new(kinds);
        let types = Types::new(served, kinds.others());
        Self { kinds, types }
    }

    /// Tells a job its kind, which is known once its payload is decoded.
    pub(crate) fn is_of_kind(&self, job: &Job, kind: &'static str) {
        job.kind_is_at(|| self.kinds.of_decoded(kind));
    }

    /// A run has begun, for which the task waited this long.
    pub(crate) fn started(&self, job: &Job, waited: Duration) {
        self.of_job(job, |slot| slot.started(waited));
    }

    /// A run has ended, after this time.
    pub(crate) fn ran(&self, job: &Job, took: Duration) {
        self.of_job(job, |slot| slot.ran(took));
    }

    /// A task has ended so.
    pub(crate) fn ended(&self, job: &Job, ending: &Ending) {
        // The kinds of these may not be known, and are not needed.
        if !matches!(ending, Ending::LeftToOthers { .. } | Ending::HandedBack) {
            self.of_job(job, |slot| slot.ended(ending));
        }
    }

    /// A task that was rescued has failed, because it died too often. A pool rescues tasks of any type.
    pub(crate) fn failed(&self, task_type: &str, kind: Option<&str>) {
        self.types.of_name(task_type, |row| row.slot(self.place(kind)).failed());
    }

    /// A task that was rescued was cancelled.
    pub(crate) fn cancelled(&self, task_type: &str, kind: Option<&str>) {
        self.types.of_name(task_type, |row| row.slot(self.place(kind)).cancelled());
    }

    /// A task has failed that was counted as what its run made of it: it would run again, or had succeeded.
    pub(crate) fn failed_after_all(&self, task_type: &str, kind: Option<&str>, was_retried: bool) {
        self.types.of_name(task_type, |row| row.slot(self.place(kind)).failed_after_all(was_retried));
    }

    /// What was counted of each kind and each task type, always in the same order. New ones come last.
    pub(crate) fn now(&self) -> Counted {
        let names = self.kinds.names();
        let mut kinds: Vec<_> = names.iter().map(|name| (By::Kind, name.clone(), Tally::default())).collect();
        let mut types = Vec::new();
        self.types.each(|name, row| {
            let mut sum = Tally::default();
            for (place, tally) in row.now() {
                sum.merge(&tally);
                kinds.get_mut(place).map(|(.., of)| of.merge(&tally)).unwrap_or_default();
            }
            types.push((By::TaskType, name.clone(), sum));
        });
        kinds.append(&mut types);
        kinds
    }

    /// Counts for the task type and the kind of a job. The kind of a payload that could not be decoded is looked for.
    fn of_job(&self, job: &Job, count: impl FnOnce(&Slot)) {
        let kind = job.kind_is_at(|| self.place(kind::name(&job.task.metadata).as_deref()));
        self.types.of_job(&job.task_type, |row| count(row.slot(kind)));
    }

    fn place(&self, kind: Option<&str>) -> usize {
        kind.map_or_else(|| self.kinds.others(), |kind| self.kinds.of(kind))
    }
}

impl Types {
    fn new(served: &Served, kinds: usize) -> Self {
        if served.are_many() {
            let rows = Limited::default();
            // New names come last, so that of the others comes before them.
            rows.others(|_| Row::new(kinds));
            return Self::Many { rows, kinds };
        }
        let names = served.names().cloned().chain([Counts::OTHERS.into()]);
        let mut rows: Vec<_> = names.map(|name| (name, Row::new(kinds))).collect();
        rows.sort_by_key(|(name, _)| address(name));
        Self::Few(rows)
    }

    /// Counts for the task type of a job.
    fn of_job(&self, task_type: &Arc<str>, count: impl FnOnce(&Row)) {
        match self {
            Self::Few(rows) => {
                let found = rows.binary_search_by_key(&address(task_type), |(name, _)| address(name));
                let row = found.ok().and_then(|index| rows.get(index)).map(|(_, row)| row);
                row.or_else(|| by_name(rows, task_type)).map(count).unwrap_or_default();
            }
            Self::Many { rows, kinds } => count(&rows.of(task_type, |_| Row::new(*kinds))),
        }
    }

    /// Counts for a task type, or for the others if the pool does not serve it.
    fn of_name(&self, task_type: &str, count: impl FnOnce(&Row)) {
        match self {
            Self::Few(rows) => {
                let row = by_name(rows, task_type).or_else(|| by_name(rows, Counts::OTHERS));
                row.map(count).unwrap_or_default();
            }
            Self::Many { rows, kinds } => count(&rows.known(task_type, |_| Row::new(*kinds))),
        }
    }

    fn each(&self, mut see: impl FnMut(&Arc<str>, &Row)) {
        match self {
            Self::Few(rows) => rows.iter().for_each(|(name, row)| see(name, row)),
            Self::Many { rows, .. } => rows.each(see),
        }
    }
}

fn by_name<'a>(rows: &'a [(Arc<str>, Row)], task_type: &str) -> Option<&'a Row> {
    rows.iter().find(|(name, _)| **name == *task_type).map(|(_, row)| row)
}

fn address(name: &Arc<str>) -> usize {
    Arc::as_ptr(name).cast::<u8>().addr()
}

#[cfg(test)]
mod tests {
    use super::super::first_names::MOST_NAMES;
    use super::*;
    use crate::policy::served::Share;
    use crate::state::example;
    use fang_core::store::WorkerId;

    fn job(task_type: &Arc<str>) -> Job {
        Job::new(example(), task_type.clone(), WorkerId(1), None)
    }

    fn served(names: &[Arc<str>], is_all: bool) -> Served {
        let shares = names.iter().map(|name| Share { task_type: name.clone(), weight: 1 });
        Served::of(shares.collect(), is_all)
    }

    fn runs(tallies: &Tallies, name: &Arc<str>) {
        runs_as(tallies, name, "Mail");
    }

    fn runs_as(tallies: &Tallies, name: &Arc<str>, kind: &'static str) {
        let job = job(name);
        tallies.is_of_kind(&job, kind);
        tallies.started(&job, Duration::from_secs(2));
        tallies.ran(&job, Duration::from_millis(3));
        tallies.ended(&job, &Ending::Succeeded);
    }

    fn of(tallies: &Tallies, wanted: By) -> Vec<(Arc<str>, Tally)> {
        let now = tallies.now().into_iter().filter(|(by, ..)| *by == wanted);
        now.map(|(_, name, tally)| (name, tally)).collect()
    }

    #[test]
    fn runs_count_for_their_kind_whatever_their_task_type_is() {
        for is_all in [false, true] {
            let names: Vec<Arc<str>> = ["mail", "sync"].map(Arc::from).to_vec();
            let tallies = Tallies::new(&served(&names, is_all), &["Mail", "Report", "Idle"]);
            for (name, kind) in [(0, "Mail"), (1, "Mail"), (1, "Report"), (0, "Gone"), (1, "Mail")] {
                runs_as(&tallies, &names[name], kind);
            }
            tallies.failed("mail", Some("Report"));
            tallies.cancelled("strange", None);
            let kinds: Vec<_> = of(&tallies, By::Kind)
                .iter()
                .filter(|(_, tally)| !tally.is_empty())
                .map(|(name, of)| (name.to_string(), of.started, of.finished, of.failed + of.cancelled))
                .collect();
            let expected = [("(others)", 1, 1, 1), ("Mail", 3, 3, 0), ("Report", 1, 1, 1)];
            let expected = expected.map(|(name, a, b, c)| (name.to_owned(), a, b, c));
            assert!(kinds.len() == 3 && expected.iter().all(|one| kinds.contains(one)), "{kinds:?}");
            let started = |by| of(&tallies, by).iter().map(|(_, tally)| tally.started).sum::<u64>();
            assert_eq!((started(By::Kind), started(By::TaskType)), (5, 5));
        }
    }

    #[test]
    fn a_payload_that_could_not_be_decoded_counts_for_the_kind_that_it_names() {
        let name: Arc<str> = "mail".into();
        let tallies = Tallies::new(&served(std::slice::from_ref(&name), false), &["Mail"]);
        for metadata in [r#"{"type": "Mail", "to": 7}"#, r#"{"type": "Gone"}"#, "7"] {
            let task = fang_core::store::Claimed { metadata: metadata.to_owned(), ..example() };
            let job = Job::new(task, name.clone(), WorkerId(1), None);
            tallies.ended(&job, &Ending::Failed { error: "unreadable".to_owned() });
        }
        let failed = of(&tallies, By::Kind).into_iter().map(|(name, tally)| (name, tally.failed));
        assert_eq!(failed.collect::<Vec<_>>(), [("Mail".into(), 1), (Counts::OTHERS.into(), 2)]);
    }

    #[test]
    fn a_success_that_became_a_failure_is_counted_once() {
        let name: Arc<str> = "mail".into();
        let tallies = Tallies::new(&served(std::slice::from_ref(&name), false), &["Mail", "Report"]);
        runs(&tallies, &name);
        tallies.failed_after_all("mail", Some("Report"), false);
        tallies.failed_after_all("mail", Some("Mail"), false);
        let ends = |by| of(&tallies, by).iter().map(|(_, of)| (of.finished, of.failed)).max();
        assert_eq!((ends(By::Kind), ends(By::TaskType)), (Some((0, 1)), Some((0, 1))));
    }

    #[test]
    fn runs_count_for_their_task_type_by_its_name_and_by_its_address() {
        let names: Vec<Arc<str>> = ["mail", "sync", "feeds"].map(Arc::from).to_vec();
        let tallies = Tallies::new(&served(&names, false), &["Mail"]);
        for name in [&names[1], &Arc::from("sync"), &Arc::from("strange")] {
            runs(&tallies, name);
        }
        let now = of(&tallies, By::TaskType);
        let counted: Vec<_> = now.iter().filter(|(_, tally)| !tally.is_empty()).collect();
        assert_eq!(counted.len(), 1);
        let (name, tally) = counted[0];
        assert_eq!((&**name, tally.started, tally.finished, tally.runs.count()), ("sync", 2, 2, 2));
        assert_eq!(tally.runs.mean(), Some(Duration::from_millis(3)));
        assert_eq!((tally.waits.count(), tally.waits.mean()), (2, Some(Duration::from_secs(2))));
    }

    #[test]
    fn of_many_task_types_the_first_are_counted_by_name_and_the_others_together() {
        let tallies = Tallies::new(&served(&[], true), &["Mail"]);
        assert_eq!(of(&tallies, By::TaskType).len(), 1, "none had tasks");
        let names: Vec<Arc<str>> = (0..MOST_NAMES + 5).map(|n| n.to_string().into()).collect();
        for name in names.iter().chain(&names) {
            runs(&tallies, name);
        }
        tallies.failed("0", None);
        tallies.failed("strange", None);
        let now = of(&tallies, By::TaskType);
        let others = now.iter().find(|(name, _)| **name == *Counts::OTHERS).unwrap();
        assert_eq!((now.len(), others.1.finished, others.1.failed), (MOST_NAMES + 1, 10, 1));
        let first = now.iter().find(|(name, _)| **name == *"0").unwrap();
        assert_eq!((first.1.finished, first.1.failed), (2, 1));
    }
}
