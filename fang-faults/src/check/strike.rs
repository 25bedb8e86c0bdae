//! What was done to processes, and what that explains.

use crate::book::Run;
use crate::clock::micros;
use std::collections::HashMap;
use std::time::Duration;

/// A run that ended up to this long before a kill may have an unsaved result. A save is one round trip: under load the
/// campaigns measured 201 ms at most.
const SAVED_WITHIN: Duration = Duration::from_secs(1);
/// The same for a silence, whose network may have been slow before. A run that starts up to this long after a silence
/// may have been claimed before it.
const GRACE: Duration = Duration::from_secs(5);

/// A fault of one process.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    /// The process.
    pub pid: u32,
    /// When the fault began, in microseconds of the [`clock`](crate::clock). For an end: a time at which the process
    /// still lived.
    pub from: u64,
    /// When it was over. For an end: a time at which the process was dead.
    pub to: u64,
    /// The kind of fault.
    pub blow: Blow,
}

/// What a fault does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blow {
    /// The process dies at once.
    Kill,
    /// The process ends by itself, for example since it panics or aborts.
    Exit,
    /// The process is paused or cut off, and goes on later. What it does meanwhile may not count.
    Silence,
    /// The process is asked to end, and gives back what it cannot finish. What it has finished counts.
    Terminate,
}

impl Strike {
    /// A kill of a process that was dead at this time. Others may run its tasks at once if it made lock-claims: then
    /// set `from` to a time before the signal.
    pub fn death(pid: u32, at: u64) -> Self {
        Self { pid, from: at, to: at, blow: Blow::Kill }
    }

    /// A pause, or a time without a network.
    pub fn silence(pid: u32, from: u64, to: u64) -> Self {
        Self { pid, from, to, blow: Blow::Silence }
    }

    /// Whether it may have kept a run from ending, or its result from being saved.
    pub fn hits(&self, run: &Run) -> bool {
        let (before, after) = match self.blow {
            Blow::Kill | Blow::Exit => (SAVED_WITHIN, Duration::ZERO),
            Blow::Silence => (GRACE, GRACE),
            Blow::Terminate => (Duration::ZERO, Duration::ZERO),
        };
        let counts = self.blow == Blow::Terminate && run.is_done();
        let last_start = self.to.saturating_add(micros(after));
        let last_strike = run.end.unwrap_or(u64::MAX).saturating_add(micros(before));
        !counts && run.start <= last_start && self.from <= last_strike
    }

    /// Whether it explains that a task ran again: a fault cannot be the cause of a run that began before it.
    pub fn explains(&self, run: &Run, next: &Run) -> bool {
        self.from <= next.start && (self.hits(run) || self.delayed(run, next))
    }

    /// Whether a run began after that of the next claim because its process was silent when others took the task. On a busy
    /// machine the process may need any time to go on.
    fn delayed(&self, run: &Run, next: &Run) -> bool {
        let is_late = run.lease < next.lease && next.start < run.start;
        is_late && self.blow == Blow::Silence && next.start <= self.to.saturating_add(micros(GRACE))
    }

    /// For choosing among several: the surest explanation comes first.
    fn rank(&self) -> u8 {
        match self.blow {
            Blow::Kill => 0,
            Blow::Exit => 1,
            Blow::Terminate => 2,
            Blow::Silence => 3,
        }
    }
}

/// The strikes, by process.
pub(crate) struct Strikes(HashMap<u32, Vec<Strike>>);

impl Strikes {
    pub(crate) fn new(strikes: &[Strike]) -> Self {
        let mut by_pid: HashMap<u32, Vec<Strike>> = HashMap::new();
        for strike in strikes {
            by_pid.entry(strike.pid).or_default().push(*strike);
        }
        by_pid.values_mut().for_each(|strikes| strikes.sort_by_key(Strike::rank));
        Self(by_pid)
    }

    /// The strikes of the process of this run, the surest first.
    pub(super) fn of(&self, run: &Run) -> impl Iterator<Item = &Strike> {
        self.0.get(&run.pid).into_iter().flatten()
    }

    /// The strike that explains that a task ran again after this run.
    pub(super) fn between(&self, run: &Run, next: &Run) -> Option<Strike> {
        self.of(run).find(|strike| strike.explains(run, next)).copied()
    }

    /// The strike that explains that the two ran at once. A run ends with its process, so the end of a process explains
    /// none. A pause explains one, of the later run as well, which may have been claimed before the pause. A process
    /// that was asked to end may have given back what it could not stop.
    pub(super) fn on_overlap(&self, first: &Run, second: &Run) -> Option<Strike> {
        let silence = |run, other| {
            self.of(run).find(|strike| strike.blow == Blow::Silence && strike.explains(run, other))
        };
        let given_back =
            || self.of(first).find(|strike| strike.blow == Blow::Terminate && strike.explains(first, second));
        silence(first, second)
            .or_else(|| silence(second, first))
            .or_else(|| given_back().filter(|_| first.end.is_none()))
            .copied()
    }

    /// When a run ended, by itself or with its process.
    pub(super) fn end(&self, run: &Run) -> Option<u64> {
        let ends = self.of(run).filter(|strike| strike.hits(run)).filter_map(|strike| match strike.blow {
            Blow::Kill | Blow::Exit => Some(strike.from),
            Blow::Terminate => Some(strike.to),
            Blow::Silence => None,
        });
        run.end.or_else(|| ends.min())
    }
}
