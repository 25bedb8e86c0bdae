//! The steps of lock-claims.

use crate::action::{Action, Fate};
use crate::lock_claim::{LockClaim, Stage};
use crate::protocol::Protocol;
use crate::state::{Link, Process, State};

impl State {
    /// Adds the possible steps of its slots, and of the claim under way.
    pub(crate) fn offer_slots(&self, p: usize, actions: &mut Vec<Action>) {
        let process = &self.processes[p];
        if process.under_way.is_some() {
            actions.push(if self.link == Link::Up { Action::Answer(p) } else { Action::GiveUp(p) });
        }
        for (slot, claim) in process.slots.iter().enumerate() {
            match claim {
                Some(claim) if self.link == Link::Up => self.offer_slot(p, slot, *claim, actions),
                Some(claim) if !matches!(claim.stage, Stage::Broken | Stage::Unlists) => {
                    actions.push(Action::SlotFails(p, slot))
                }
                _ => {}
            }
        }
    }

    fn offer_slot(&self, p: usize, slot: usize, claim: LockClaim, actions: &mut Vec<Action>) {
        let fates = self.fates();
        match claim.stage {
            Stage::Locked | Stage::Withdraws(_) => {
                actions.extend(fates.map(|fate| Action::List(p, slot, fate)))
            }
            Stage::Listed(_) => actions.push(Action::Look(p, slot)),
            Stage::Broken if self.tasks[claim.job.task].lock.is_none() => {
                actions.push(Action::Repair(p, slot))
            }
            Stage::Broken => {}
            Stage::Unlists => actions.push(Action::Unlist(p, slot)),
            Stage::Runs | Stage::Yields(_) | Stage::Abandoned => {
                actions.push(Action::Commit(p, slot, false, Fate::Answered));
                if claim.stage == Stage::Runs && self.has_lock(p, slot, claim.job.task) {
                    actions.push(Action::Commit(p, slot, true, Fate::Answered));
                    if self.left.losses > 0 {
                        let lost = [true, false]
                            .map(|has_ended| Action::Commit(p, slot, has_ended, Fate::AnswerLost));
                        actions.extend(lost);
                    }
                }
            }
        }
    }

    /// Adds the end of locks whose connection its process has given up.
    pub(crate) fn offer_unlocks(&self, actions: &mut Vec<Action>) {
        let orphans = (0..self.tasks.len()).filter(|task| self.is_orphan(*task));
        actions.extend(orphans.map(Action::Unlock));
    }

    /// Whether no running process has a claim under way or a lock-claim. Both take less than a tick, except that a
    /// broken lock-claim may have to wait for the lock of another.
    pub(crate) fn is_reconciled(&self) -> bool {
        self.processes.iter().filter(|process| process.runs()).all(|process| {
            let waits =
                |claim: &LockClaim| claim.stage == Stage::Broken && self.tasks[claim.job.task].lock.is_some();
            process.under_way.is_none() && process.slots.iter().flatten().all(waits)
        })
    }

    /// Changes the state by a step of a lock-claim.
    pub(crate) fn lock_claim(&mut self, protocol: &Protocol, step: Action) {
        match step {
            Action::Answer(p) => self.answer(protocol, p),
            Action::GiveUp(p) => self.processes[p].give_up(protocol),
            Action::Lock(p, task) => self.lock(protocol, p, task),
            Action::List(p, slot, fate) => self.list(protocol, p, slot, fate),
            Action::Look(p, slot) => self.look(protocol, p, slot),
            Action::Commit(p, slot, has_ended, fate) => self.commit(p, slot, has_ended, fate),
            Action::Repair(p, slot) => self.repair(p, slot),
            Action::Unlist(p, slot) => self.take_back(protocol, p, slot),
            Action::SlotFails(p, slot) => self.slot_fails(protocol, p, slot),
            Action::Disconnect(p, slot) => self.disconnect(p, slot),
            Action::Unlock(task) => self.tasks[task].lock = None,
            _ => {}
        }
    }

    fn disconnect(&mut self, p: usize, slot: usize) {
        self.left.disconnects -= 1;
        if let Some(claim) = self.processes[p].slots[slot] {
            self.tasks[claim.job.task].lock = None;
        }
    }
}

impl Process {
    /// Stops waiting for the answer of its claim.
    pub(crate) fn give_up(&mut self, protocol: &Protocol) {
        self.under_way = None;
        self.unlocked = None;
        self.arise(protocol);
    }
}
