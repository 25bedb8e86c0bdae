//! Suspects: tasks that may have crashed the processes they ran in.
//!
//! When a process dies, each task that it had in flight is charged a crash, although only one of them caused it. So
//! the crash that would fail a task counts only while that task is on trial: it is marked in the store, no other
//! task is on trial in its process, and its pool runs nothing else meanwhile, for up to a minute.

use crate::state::load::Load;
use fang_core::store::Claimed;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// How long a pool stands still for a suspect: first until nothing else runs, then until the suspect has ended.
/// After that it runs other tasks again.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often to look whether the results are saved, once nothing runs.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How often to look whether a suspect can run while the pool goes on.
const GLANCE_EVERY: Duration = Duration::from_secs(1);

/// The most suspects that wait. Beyond that the pool claims nothing at all.
const MAX_ASIDE: usize = 500;

/// The suspects of one claimer.
#[derive(Debug)]
pub struct Suspects {
    from: i16,
    gate: &'static TrialGate,
    /// Suspects that wait, each with its task type.
    aside: VecDeque<(Claimed, Arc<str>)>,
    since: Duration,
    trial: Option<Trial>,
}

#[derive(Debug)]
struct Trial {
    id: Uuid,
    lease: i32,
    began: Duration,
    _place: PlaceOnTrial,
}

/// The next step of a claimer, as far as its suspects decide.
#[derive(Debug)]
pub enum SuspectStep {
    /// Go on. If there is a span, look again after it at the latest.
    Work {
        /// When to look again.
        look_after: Option<Duration>,
    },
    /// Claim nothing for now.
    Wait {
        /// The longest sleep.
        at_most: Duration,
        /// Whether the sleep also ends when nothing runs any more.
        until_idle: bool,
    },
    /// Mark this task in the store, then run it.
    Try {
        /// The suspect.
        task: Claimed,
        /// Its task type.
        task_type: Arc<str>,
    },
}

impl Suspects {
    /// For tasks that fail at this many crashes.
    pub fn new(max_crashes: i16, gate: &'static TrialGate) -> Self {
        // If the first crash fails a task, it does not matter which of them caused it.
        let from = if max_crashes > 1 { max_crashes - 1 } else { i16::MAX };
        Self { from, gate, aside: VecDeque::new(), since: Duration::ZERO, trial: None }
    }

    /// Takes the suspects out of claimed tasks of a type, and sets them aside.
    pub fn pick(&mut self, now: Duration, task_type: &Arc<str>, tasks: &mut Vec<Claimed>) {
        if tasks.iter().all(|task| task.crashes < self.from) {
            return;
        }
        if self.aside.is_empty() {
            self.since = now;
        }
        let (suspects, others): (Vec<_>, Vec<_>) =
            std::mem::take(tasks).into_iter().partition(|task| task.crashes >= self.from);
        *tasks = others;
        self.aside.extend(suspects.into_iter().map(|task| (task, task_type.clone())));
    }

    /// The suspect on trial, by task and lease.
    pub fn on_trial(&self) -> Option<(Uuid, i32)> {
        self.trial.as_ref().map(|trial| (trial.id, trial.lease))
    }

    /// The next step.
    ///
    /// `is_on_trial` tells whether the suspect [on trial](Self::on_trial) is still in flight.
    pub fn next(&mut self, now: Duration, load: Load, is_on_trial: bool) -> SuspectStep {
        if self.trial.is_some() && !is_on_trial {
            self.trial = None;
            self.since = now;
        }
        match &self.trial {
            Some(trial) => self.stand_by(now, trial.began, load),
            None if self.aside.is_empty() => SuspectStep::Work { look_after: None },
            None if load.in_flight + load.unsaved == 0 || now >= self.since + PATIENCE => {
                self.try_one(now, load)
            }
            None => self.stand_by(now, self.since, load),
        }
    }

    /// Takes all suspects that have not run.
    pub fn take_all(&mut self) -> VecDeque<(Claimed, Arc<str>)> {
        std::mem::take(&mut self.aside)
    }

    fn try_one(&mut self, now: Duration, load: Load) -> SuspectStep {
        let Some(place) = self.gate.enter() else { return self.stand_by(now, self.since, load) };
        let Some((task, task_type)) = self.aside.pop_front() else {
            return SuspectStep::Work { look_after: None };
        };
        self.trial = Some(Trial { id: task.id, lease: task.lease, began: now, _place: place });
        SuspectStep::Try { task, task_type }
    }

    fn stand_by(&self, now: Duration, since: Duration, load: Load) -> SuspectStep {
        if now >= since + PATIENCE && self.aside.len() < MAX_ASIDE {
            return SuspectStep::Work { look_after: Some(GLANCE_EVERY) };
        }
        match load.in_flight {
            0 => SuspectStep::Wait { at_most: LOOK_EVERY, until_idle: false },
            _ => SuspectStep::Wait { at_most: GLANCE_EVERY, until_idle: true },
        }
    }
}

/// A gate that lets one suspect at a time run, in all pools of a process: a crash takes all of them with it.
#[derive(Debug)]
pub struct TrialGate(AtomicBool);

impl TrialGate {
    /// An open gate.
    #[expect(clippy::new_without_default, reason = "it is made in statics alone")]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    fn enter(&'static self) -> Option<PlaceOnTrial> {
        (!self.0.swap(true, Ordering::SeqCst)).then_some(PlaceOnTrial(self))
    }
}

#[derive(Debug)]
struct PlaceOnTrial(&'static TrialGate);

impl Drop for PlaceOnTrial {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;

    static GATE: TrialGate = TrialGate::new();

    fn task(n: u128, crashes: i16) -> Claimed {
        Claimed { id: Uuid::from_u128(n), crashes, ..example() }
    }

    fn running(in_flight: usize) -> Load {
        Load { in_flight, ..Load::default() }
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// A single test, since there is only one gate in the process.
    #[test]
    fn suspects_run_one_by_one_once_nothing_else_runs_and_their_results_are_saved() {
        let mut suspects = Suspects::new(3, &GATE);
        let mut tasks = vec![task(1, 0), task(2, 2), task(3, 1), task(4, 2)];
        suspects.pick(seconds(0), &"common".into(), &mut tasks);
        assert_eq!(tasks, [task(1, 0), task(3, 1)]);

        let busy = suspects.next(seconds(1), running(2), false);
        assert!(matches!(busy, SuspectStep::Wait { until_idle: true, .. }), "{busy:?}");
        let SuspectStep::Try { task: first, .. } = suspects.next(seconds(2), running(0), false) else {
            panic!("no suspect runs")
        };
        assert_eq!(first.id, Uuid::from_u128(2));
        let unsaved = suspects.next(seconds(3), running(0), true);
        assert!(matches!(unsaved, SuspectStep::Wait { until_idle: false, .. }), "{unsaved:?}");

        let mut elsewhere = Suspects::new(3, &GATE);
        elsewhere.pick(seconds(0), &"common".into(), &mut vec![task(9, 2)]);
        let barred = elsewhere.next(seconds(3), running(0), false);
        assert!(
            matches!(barred, SuspectStep::Wait { .. }),
            "another pool of the process has one on trial: {barred:?}"
        );

        let long = suspects.next(seconds(63), running(1), true);
        assert!(
            matches!(long, SuspectStep::Work { look_after: Some(_) }),
            "a long run is not waited for: {long:?}"
        );
        assert_eq!(suspects.on_trial(), Some((first.id, first.lease)));
        assert!(matches!(suspects.next(seconds(64), running(0), false), SuspectStep::Try { .. }));
        assert!(matches!(
            suspects.next(seconds(65), running(0), false),
            SuspectStep::Work { look_after: None }
        ));

        let late = elsewhere.next(seconds(61), running(5), false);
        assert!(matches!(late, SuspectStep::Try { .. }), "it does not wait for ever: {late:?}");
    }

    #[test]
    fn where_the_first_crash_fails_a_task_there_are_no_suspects() {
        let mut tasks = vec![task(1, 0), task(2, 5)];
        Suspects::new(1, &GATE).pick(seconds(0), &"common".into(), &mut tasks);
        assert_eq!(tasks.len(), 2);
    }
}
