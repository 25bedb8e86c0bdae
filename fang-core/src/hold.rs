//! Tasks that are held: claimed by locks alone, without a word written, until they end or take too long.

use crate::decide::success;
use crate::held::Held;
use crate::load::Load;
use crate::results::Finished;
use crate::retention::RetentionMode;
use crate::store::{Claimed, HeldTask, Lane, Place, Settlement, Verdict, WorkerId};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
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

/// After two failures in a row, which may mean that the server has no connection left for this, claims are written for
/// so long.
const REST: Duration = Duration::from_secs(5);

/// Whether a pool may hold tasks: of those that stay in the table, something is written in any case.
pub fn may_hold(is_wanted: bool, retention: RetentionMode) -> bool {
    is_wanted && success(retention) == Verdict::Remove
}

/// Whether tasks are to be held, which is not worth it at all times. All instants count from any fixed one.
#[derive(Debug, Default)]
pub struct Worth {
    rests_until: Duration,
    has_failed: bool,
}

impl Worth {
    /// They are, if they are short, and there are more of them than one claim takes, so that what is saved for each is
    /// worth the effort for all.
    pub fn is_given(&self, now: Duration, load: Load, has_more: bool) -> bool {
        has_more && now >= self.rests_until && load.mean_run.is_some_and(|mean| mean < SHORT)
    }

    /// Some are held, or could have been.
    pub fn held(&mut self) {
        self.has_failed = false;
    }

    /// None could be held.
    pub fn failed(&mut self, now: Duration) {
        if self.has_failed {
            self.rests_until = now + REST;
        }
        self.has_failed = true;
    }
}

/// How often it is looked where lists begin: each claim walks what has gone since, once for each lane.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whoever holds tasks has listed them by then, or finds its connection closed and lists nothing that counts: statements
/// end after 30 s, and transactions that do nothing after 5 s.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// From which transaction on something may be listed. Whoever reads lists begins there: a long transaction may keep the
/// server from clearing those that are gone, and there are hundreds a second.
#[derive(Debug, Default)]
pub struct FirstListed(Mutex<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    holder: i64,
    looked_at: Option<Duration>,
    /// Whether tasks were found since then: while there are none, nothing is listed.
    has_found_tasks: bool,
    /// Which transaction was to come at each look of the last minute, the latest last.
    to_come: VecDeque<(Duration, i64)>,
}

/// What `first_listed.sql` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAtLists {
    /// The first transaction, from the known one on, under which something is listed.
    pub listed: Option<i64>,
    /// The oldest transaction that is open.
    pub open: i64,
    /// The next one to come.
    pub to_come: i64,
}

impl FirstListed {
    /// The number of that transaction, zero when it is not known.
    pub fn holder(&self) -> i64 {
        self.known().holder
    }

    /// What came of a claim: where some are found, others may hold more. After a failure the next answer may come from
    /// another server, whose transactions have other numbers.
    pub fn learn<T, E>(&self, claim: &Result<Vec<T>, E>) {
        match claim {
            Ok(tasks) => self.known().has_found_tasks |= !tasks.is_empty(),
            Err(_) => self.forget(),
        }
    }

    /// Whether to look again. `now` counts from any fixed instant.
    pub fn is_due(&self, now: Duration) -> bool {
        let known = self.known();
        known.has_found_tasks && known.looked_at.is_none_or(|at| now.saturating_sub(at) >= LOOK_EVERY)
    }

    /// What may be listed from now on is listed under a transaction that is open and not too old, or has yet to begin.
    pub fn looked(&self, look: LookAtLists, now: Duration) {
        let mut known = self.known();
        let is_past = |(at, _): &(Duration, i64)| now.saturating_sub(*at) >= LISTED_WITHIN;
        let past = known.to_come.iter().copied().take_while(is_past).last();
        known.to_come.retain(|entry| !is_past(entry) || Some(*entry) == past);
        known.to_come.push_back((now, look.to_come));
        let may_list = past.map_or(look.open, |(_, to_come)| to_come.max(look.open));
        known.holder = look.listed.map_or(may_list, |listed| listed.min(may_list));
        (known.looked_at, known.has_found_tasks) = (Some(now), false);
    }

    /// Nothing is known any more.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far one that holds has come: where the last of its tasks lies, in the order in which they were found.
pub fn reached(held: &[HeldTask]) -> Option<Lane> {
    let last = &held.last()?.task;
    let (mode, priority) = (last.mode, last.priority);
    let mine = held.iter().filter(|held| (held.task.mode, held.task.priority) == (mode, priority));
    let floor = mine.map(|held| held.task.scheduled_at).max()?;
    Some(Lane { mode, priority, floor, is_shared: true })
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

impl Hold {
    /// So many tasks are about to run.
    pub fn new(tasks: usize) -> Self {
        Self(Mutex::new(Inner { stage: Stage::Open, running: tasks, results: Vec::with_capacity(tasks) }))
    }

    /// Keeps a result for when the tasks are settled, and tells whether it is the last, so that they may be; or gives
    /// it back, as they are: it is saved as that of any claim.
    pub fn take(&self, result: Finished) -> (Option<Finished>, bool) {
        let mut inner = self.inner();
        if inner.stage == Stage::Over {
            return (Some(result), false);
        }
        inner.results.push(result);
        inner.running = inner.running.saturating_sub(1);
        (None, inner.running == 0 && inner.stage == Stage::Open)
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

    /// Takes out what runs here already, as it was held before by a connection that is gone: it becomes a claim.
    pub fn set_running_apart(&mut self, held: &Held, tasks: &mut Vec<Claimed>) {
        let running = held.take_out_of(tasks);
        self.yield_to(running.iter().map(|task| (task.id, self.worker)).collect(), tasks);
    }

    /// Nothing of what might have run here will.
    pub fn forget(&mut self, tasks: &mut Vec<Claimed>) {
        self.own.clear();
        tasks.clear();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DbInstant, Finish};
    use crate::task::Priority;

    const ME: WorkerId = WorkerId(1);
    const OTHER: WorkerId = WorkerId(2);
    const KEPT: (Option<Finished>, bool) = (None, false);
    const LAST: (Option<Finished>, bool) = (None, true);

    fn id(number: u16) -> Uuid {
        Uuid::from_u128(number.into())
    }

    fn held(number: u16, is_apart: bool) -> HeldTask {
        let task = Claimed { id: id(number), lease: 1, ..Claimed::example() };
        HeldTask { task, place: Place(0, number), is_apart }
    }

    fn result(number: u16, verdict: Verdict) -> Finished {
        Finished { result: Finish { id: id(number), lease: 1, verdict }, worker: ME, may_be_saved: false }
    }

    fn load(mean_run: Option<Duration>) -> Load {
        Load { mean_run, ..Load::default() }
    }

    const NOW: Duration = Duration::from_secs(60);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn look(listed: Option<i64>, open: i64, to_come: i64) -> LookAtLists {
        LookAtLists { listed, open, to_come }
    }

    #[test]
    fn where_lists_begin_is_looked_for_every_second_while_tasks_are_found_and_after_a_failure() {
        let first = FirstListed::default();
        assert_eq!((first.holder(), first.is_due(NOW)), (0, false));
        let found = || first.learn(&Ok::<_, ()>(vec![1]));
        found();
        assert!(first.is_due(NOW));
        first.looked(look(Some(7), 8, 9), NOW);
        assert_eq!((first.holder(), first.is_due(NOW + ms(1_000))), (7, false));
        first.learn(&Ok::<Vec<i32>, ()>(Vec::new()));
        assert!(!first.is_due(NOW + ms(1_000)));
        found();
        assert!(!first.is_due(NOW + ms(999)) && first.is_due(NOW + ms(1_000)));
        first.learn(&Err::<Vec<i32>, ()>(()));
        found();
        assert_eq!((first.holder(), first.is_due(NOW)), (0, true));
    }

    #[test]
    fn nothing_is_listed_under_a_transaction_that_began_a_minute_ago() {
        let first = FirstListed::default();
        let after = |seconds: u64, listed, to_come| {
            first.looked(look(listed, 5, to_come), NOW + Duration::from_secs(seconds));
            first.holder()
        };
        // Transaction 5 goes on for ever.
        let holders = [(0, 100), (10, 110), (59, 159), (60, 160), (69, 169), (70, 170), (200, 300)]
            .map(|(seconds, to_come)| after(seconds, None, to_come));
        assert_eq!(holders, [5, 5, 5, 100, 100, 110, 170]);
        assert_eq!(after(300, Some(42), 400), 42);
    }

    #[test]
    fn only_short_tasks_of_a_backlog_are_held() {
        let worth = Worth::default();
        assert!(worth.is_given(NOW, load(Some(ms(9))), true));
        assert!(!worth.is_given(NOW, load(Some(ms(9))), false));
        assert!(!worth.is_given(NOW, load(Some(ms(10))), true));
        assert!(!worth.is_given(NOW, load(None), true));
    }

    #[test]
    fn nothing_is_held_for_a_while_after_two_failures_in_a_row() {
        let (mut worth, short) = (Worth::default(), load(Some(ms(1))));
        worth.failed(NOW);
        worth.held();
        worth.failed(NOW);
        assert!(worth.is_given(NOW, short, true));
        worth.failed(NOW);
        assert!(!worth.is_given(NOW + REST - ms(1), short, true));
        assert!(worth.is_given(NOW + REST, short, true));
    }

    #[test]
    fn how_far_one_has_come_is_the_last_instant_in_the_last_lane() {
        let held = |priority, at| {
            let task = Claimed { priority, scheduled_at: DbInstant(at), ..Claimed::example() };
            HeldTask { task, place: Place(0, 0), is_apart: false }
        };
        assert_eq!(reached(&[]), None);
        let tasks = [held(Priority::High, 9), held(Priority::Low, 3), held(Priority::Low, 2)];
        let lane = reached(&tasks).unwrap();
        assert_eq!((lane.priority, lane.floor), (Priority::Low, DbInstant(3)));
    }

    #[test]
    fn the_last_result_says_that_all_are_in() {
        let hold = Hold::new(2);
        assert_eq!(hold.take(result(1, Verdict::Remove)), KEPT);
        assert_eq!(hold.take(result(2, Verdict::Remove)), LAST);
        assert_eq!(hold.settle().len(), 2);
    }

    #[test]
    fn a_result_that_comes_while_the_tasks_are_settled_waits_until_they_are() {
        let hold = Hold::new(3);
        assert_eq!(hold.take(result(1, Verdict::Remove)), KEPT);
        assert_eq!(hold.settle(), [result(1, Verdict::Remove)]);
        assert_eq!(hold.take(result(2, Verdict::Remove)), KEPT);
        assert_eq!(hold.over(), [result(2, Verdict::Remove)]);
        let late = result(3, Verdict::Keep);
        assert_eq!(hold.take(late.clone()), (Some(late), false));
    }

    #[test]
    fn what_ended_goes_what_runs_becomes_a_claim_and_what_is_apart_is_left_alone() {
        let (batch, mut tasks) = Batch::new(ME, (1..=4).map(|number| held(number, number == 4)).collect());
        assert!(batch.set_apart(&mut tasks));
        assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [id(1), id(2), id(3)]);
        let settled = batch.settle(vec![result(1, Verdict::Remove), result(2, Verdict::Keep)]);
        let lease = vec![(ME, vec![Place(0, 2), Place(0, 3)])];
        assert_eq!(settled.settlement, Settlement { remove: vec![Place(0, 1)], lease });
        assert_eq!(settled.removed, [result(1, Verdict::Remove)]);
        assert_eq!(settled.others, [result(2, Verdict::Keep)]);
    }

    #[test]
    fn what_still_runs_here_does_not_run_again_and_becomes_a_claim() {
        let running = Held::default();
        running.add([(id(2), 1)]);
        let (mut batch, mut tasks) = Batch::new(ME, vec![held(1, false), held(2, false)]);
        batch.set_running_apart(&running, &mut tasks);
        assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(batch.settle(Vec::new()).settlement.lease, [(ME, vec![Place(0, 1), Place(0, 2)])]);
    }

    #[test]
    fn what_others_have_listed_does_not_run_here_and_becomes_their_claim() {
        let (mut batch, mut tasks) = Batch::new(ME, vec![held(1, false), held(2, false)]);
        batch.yield_to(vec![(id(2), OTHER)], &mut tasks);
        assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(batch.list(), [(id(1), 1)]);
        let settlement = batch.settle(vec![result(1, Verdict::Remove)]).settlement;
        assert_eq!(settlement.remove, [Place(0, 1)]);
        assert_eq!(settlement.lease, [(OTHER, vec![Place(0, 2)])]);
    }
}
