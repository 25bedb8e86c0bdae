//! How a state goes on when nothing more goes wrong.

use crate::action::{Action, Fate};
use crate::lock_claim::Stage;
use crate::protocol::Protocol;
use crate::state::{Life, Link, State, TaskState};

impl State {
    /// Whether every task ends once the database is back, paused processes are resumed, every run ends, and nothing
    /// more goes wrong. At least one process is always alive.
    pub(crate) fn comes_to_its_end(&self, protocol: &Protocol) -> bool {
        let mut state = self.clone();
        if state.link != Link::Up {
            state.apply(protocol, Action::Rise);
        }
        for process in &mut state.processes {
            if process.life == Life::Paused {
                process.life = Life::Running;
            }
        }
        // One lease until a process is well, one until the server is, and one of silence.
        for _ in 0..=4 * protocol.lease + 4 {
            if state.is_over() {
                return true;
            }
            (0..state.processes.len()).for_each(|p| state.round(protocol, p));
            state.apply(protocol, Action::Tick);
        }
        state.is_over()
    }

    /// All steps of a healthy process in a tick.
    fn round(&mut self, protocol: &Protocol, p: usize) {
        if !self.processes[p].runs() {
            return;
        }
        while self.processes[p].sweep.is_some() {
            self.apply(protocol, Action::Sweep(p));
        }
        if !self.processes[p].has_beaten {
            self.apply(protocol, Action::Beat(p));
        }
        self.end_lock_claims(protocol, p);
        for job in self.processes[p].jobs.clone() {
            self.apply(protocol, Action::Finish(p, job, Fate::Answered));
        }
        if self.processes[p].doubt.is_some_and(|doubt| !doubt.was_asked) {
            self.apply(protocol, Action::Disown(p));
        }
        for task in 0..self.tasks.len() {
            if self.tasks[task].state == TaskState::Waiting && self.tasks[task].lock.is_none() {
                self.apply(protocol, Action::Claim(p, task, Fate::Answered));
            }
        }
    }

    /// All steps of its slots, until their runs have ended.
    fn end_lock_claims(&mut self, protocol: &Protocol, p: usize) {
        if self.processes[p].under_way.is_some() {
            self.apply(protocol, Action::Answer(p));
        }
        for slot in 0..self.processes[p].slots.len() {
            while let Some(claim) = self.processes[p].slots[slot] {
                let has_lock = self.has_lock(p, slot, claim.job.task);
                let step = match claim.stage {
                    Stage::Locked | Stage::Withdraws(_) => Action::List(p, slot, Fate::Answered),
                    Stage::Listed(_) => Action::Look(p, slot),
                    Stage::Runs => Action::Commit(p, slot, has_lock, Fate::Answered),
                    Stage::Yields(_) | Stage::Abandoned => Action::Commit(p, slot, false, Fate::Answered),
                    Stage::Broken if self.tasks[claim.job.task].lock.is_some() => break,
                    Stage::Broken => Action::Repair(p, slot),
                    Stage::Unlists => Action::Unlist(p, slot),
                };
                self.apply(protocol, step);
            }
        }
    }
}
