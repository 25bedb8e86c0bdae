//! Tasks that are held: claimed by locks alone, without a word written, until they end or take too long.

use crate::load::Load;
use crate::results::Finished;
use crate::store::{Claimed, HeldTask, Place, Settlement, Verdict, WorkerId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How long tasks are held at most; those that still run then become ordinary claims, so that no transaction keeps
/// the server from tidying up for longer.
pub const AT_MOST: Duration = Duration::from_millis(200);

/// How many connections hold tasks: one claims or settles while the tasks of the other run.
pub const SLOTS: i16 = 2;

/// Only tasks that take less than this on average are held: of longer ones too few would end in time.
const SHORT: Duration = Duration::from_millis(10);

/// Whether tasks are to be held: they are short, and there are more of them than one claim takes, so that what is saved
/// for each is worth the effort for all.
pub fn is_worth_it(load: Load, has_more: bool) -> bool {
    has_more && load.mean_run.is_some_and(|mean| mean < SHORT)
}

/// The results of the tasks that one transaction holds.
#[derive(Debug)]
pub struct Hold(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    stage: Stage,
    running: usize,
    results: Vec<Finished>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Settling,
    Over,
}

/// What becomes of a result.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept for when the tasks are settled.
    Kept,
    /// So it is, and it is the last: settle them.
    Last,
    /// The tasks are settled: save it as that of any claim.
    Back(Finished),
}

impl Hold {
    /// So many tasks are about to run.
    pub fn new(tasks: usize) -> Self {
        Self(Mutex::new(Inner { stage: Stage::Open, running: tasks, results: Vec::with_capacity(tasks) }))
    }

    /// A run is over.
    pub fn take(&self, result: Finished) -> Taken {
        let mut inner = self.inner();
        if inner.stage == Stage::Over {
            return Taken::Back(result);
        }
        inner.results.push(result);
        inner.running = inner.running.saturating_sub(1);
        if inner.running == 0 && inner.stage == Stage::Open { Taken::Last } else { Taken::Kept }
    }

    /// From now on the tasks are being settled. Returns the results so far.
    pub fn settle(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Settling;
        std::mem::take(&mut inner.results)
    }

    /// They are settled. Returns the results that came meanwhile, which are those of ordinary claims.
    pub fn over(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Over;
        std::mem::take(&mut inner.results)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one transaction holds.
#[derive(Debug)]
pub struct Batch {
    worker: WorkerId,
    /// What may run here.
    own: HashMap<Uuid, (i32, Place)>,
    /// What may still run at others.
    foreign: Vec<(WorkerId, Place)>,
    apart: HashSet<Uuid>,
}

impl Batch {
    /// What was held for this worker, and the tasks themselves, [those apart](Self::set_apart) among them.
    pub fn new(worker: WorkerId, held: Vec<HeldTask>) -> (Self, Vec<Claimed>) {
        let mut batch = Self { worker, own: HashMap::new(), foreign: Vec::new(), apart: HashSet::new() };
        let mut tasks = Vec::with_capacity(held.len());
        for HeldTask { task, place, is_apart } in held {
            if is_apart {
                batch.apart.insert(task.id);
            } else {
                batch.own.insert(task.id, (task.lease, place));
            }
            tasks.push(task);
        }
        (batch, tasks)
    }

    /// For whom they are held.
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Takes out what has to be written before it runs. Nothing is written of that: it waits for an ordinary claim.
    /// Returns whether there is any.
    pub fn set_apart(&self, tasks: &mut Vec<Claimed>) -> bool {
        if !self.apart.is_empty() {
            tasks.retain(|task| !self.apart.contains(&task.id));
        }
        !self.apart.is_empty()
    }

    /// What may run here, by task and lease.
    pub fn list(&self) -> Vec<(Uuid, i32)> {
        self.own.iter().map(|(id, (lease, _))| (*id, *lease)).collect()
    }

    /// Takes out what others have listed: it becomes theirs.
    pub fn yield_to(&mut self, listed: Vec<(Uuid, WorkerId)>, tasks: &mut Vec<Claimed>) {
        for (id, worker) in listed {
            if let Some((_, place)) = self.own.remove(&id) {
                self.foreign.push((worker, place));
            }
        }
        if !self.foreign.is_empty() {
            tasks.retain(|task| self.own.contains_key(&task.id));
        }
    }

    /// What to write, given the results so far.
    pub fn settle(&self, results: Vec<Finished>) -> Settled {
        let (removed, others): (Vec<Finished>, Vec<Finished>) =
            results.into_iter().partition(|finished| finished.result.verdict == Verdict::Remove);
        let gone: HashSet<Uuid> = removed.iter().map(|finished| finished.result.id).collect();
        let (mut remove, mut own) = (Vec::with_capacity(gone.len()), Vec::new());
        for (id, (_, place)) in &self.own {
            if gone.contains(id) { remove.push(*place) } else { own.push(*place) }
        }
        remove.sort_unstable();
        own.sort_unstable();
        let mut lease = BTreeMap::new();
        if !own.is_empty() {
            lease.insert(self.worker, own);
        }
        for (worker, place) in &self.foreign {
            lease.entry(*worker).or_insert_with(Vec::new).push(*place);
        }
        let settlement = Settlement { remove, lease: lease.into_iter().collect() };
        Settled { settlement, removed, others }
    }
}

/// How a batch is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What to write.
    pub settlement: Settlement,
    /// The results that are saved with it.
    pub removed: Vec<Finished>,
    /// Those that are to be saved after it, as those of any claims.
    pub others: Vec<Finished>,
}
