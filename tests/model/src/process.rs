//! The heart, the claimer and the finisher of a process.

use crate::action::Fate;
use crate::protocol::Protocol;
use crate::state::{Doubt, Job, Late, State, Sweep};

impl State {
    /// `heartbeat.sql`, and how `BeatPolicy` reads its answer. A sweep is due after every beat, which is more often
    /// than in the library. A sweep that would find nothing and cannot be delayed is left out.
    pub(crate) fn beat(&mut self, protocol: &Protocol, p: usize) {
        let row = &mut self.workers[self.processes[p].worker];
        let (is_dead, silent_for) = (row.is_dead, row.silent_for);
        row.silent_for = 0;
        if is_dead {
            self.processes[p].worker = self.register(p);
        }
        if 2 * self.unheard_for > protocol.lease {
            self.well_for = 0;
        }
        self.unheard_for = 0;
        let is_due = self.has_prey(protocol) || self.may_stall();
        let is_well = self.well_for >= protocol.lease && 2 * silent_for <= protocol.lease;
        let process = &mut self.processes[p];
        process.has_beaten = true;
        process.was_cut_off = false;
        process.paused_for = 0;
        if is_due && (is_well || !protocol.sweeper_grace) {
            process.sweep = Some(Sweep::Bury(0));
        }
    }

    fn has_prey(&self, protocol: &Protocol) -> bool {
        self.workers.iter().any(|worker| worker.is_dead || worker.silent_for > protocol.lease)
    }

    fn may_stall(&self) -> bool {
        self.left.pauses + self.left.restarts + self.left.cuts > 0
    }

    pub(crate) fn beat_fails(&mut self, p: usize) {
        let process = &mut self.processes[p];
        process.has_beaten = true;
        process.was_cut_off = true;
    }

    /// Executes the next statement of a sweep.
    pub(crate) fn sweep(&mut self, protocol: &Protocol, p: usize) {
        self.processes[p].sweep = match self.processes[p].sweep {
            Some(Sweep::Bury(age)) => {
                self.bury(protocol, self.processes[p].worker);
                Some(if protocol.slots > 0 { Sweep::Collect(age) } else { Sweep::Rescue(age) })
            }
            Some(Sweep::Collect(age)) => {
                self.collect();
                Some(Sweep::Rescue(age))
            }
            _ => {
                self.rescue(protocol);
                None
            }
        };
    }

    /// Sends a written claim, which takes this task if it is executed at once.
    pub(crate) fn ask(&mut self, protocol: &Protocol, p: usize, task: usize, fate: Fate) {
        let worker = self.processes[p].worker;
        let claimed = if fate == Fate::Late { None } else { self.claim(worker, task) };
        if fate == Fate::Late {
            self.send_late(Late::Claim(worker, 0));
        }
        let process = &mut self.processes[p];
        if fate != Fate::Answered {
            self.left.losses -= 1;
            return process.arise(protocol);
        }
        let Some(job) = claimed else { return };
        process.under_way = Some(job);
        // A delayed answer matters only during a lock-claim of the same task.
        if !process.slots.iter().flatten().any(|claim| claim.job.task == job.task) {
            self.answer(protocol, p);
        }
    }

    /// Reconciles: gives back claims that the process does not know.
    pub(crate) fn reconcile(&mut self, protocol: &Protocol, p: usize) {
        let has_unlisted = protocol.doubt_outlasts_lists && self.unlist_unknown(p);
        self.disown(protocol, p);
        if has_unlisted {
            self.processes[p].arise(protocol);
        }
        let doubt = &mut self.processes[p].doubt;
        *doubt = doubt.filter(|doubt| doubt.left > 0).map(|doubt| Doubt { was_asked: true, ..doubt });
    }

    /// Sends a result. It is kept, and sent again, until there is an answer.
    pub(crate) fn save(&mut self, protocol: &Protocol, p: usize, job: Job, fate: Fate) {
        match fate {
            Fate::Answered => self.processes[p].forget(job),
            Fate::AnswerLost => self.left.losses -= 1,
            Fate::Late => {
                self.left.losses -= 1;
                return self.send_late(Late::Finish(job, 0));
            }
        }
        self.finish(protocol, job);
    }

    pub(crate) fn send_late(&mut self, late: Late) {
        self.late.push(late);
        self.late.sort_unstable();
    }
}

impl crate::state::Process {
    pub(crate) fn accept(&mut self, job: Job) {
        self.jobs.push(job);
        self.jobs.sort_unstable();
        self.known[job.task] = Some(job.lease);
    }

    /// Forgets a claim whose result was saved or dropped, as `InFlight::remove` does.
    pub(crate) fn forget(&mut self, job: Job) {
        self.jobs.retain(|other| *other != job);
        if self.known[job.task] == Some(job.lease) {
            self.known[job.task] = None;
        }
    }
}
