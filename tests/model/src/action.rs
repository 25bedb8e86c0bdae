//! The steps of the model: which are possible in a state, and how each changes it.

use crate::protocol::Protocol;
use crate::state::{Doubt, Job, Late, Life, Link, State, Sweep, TaskState};

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is executed and answered.
    Answered,
    /// It is executed, but its answer is lost.
    AnswerLost,
    /// Its process has given it up. It may still be executed later.
    Late,
}

/// A step. The first number is the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A heartbeat gets through.
    Beat(usize),
    /// A heartbeat fails.
    BeatFails(usize),
    /// The next statement of a sweep is executed.
    Sweep(usize),
    /// A sweep is given up.
    SweepFails(usize),
    /// A written claim of this task.
    Claim(usize, usize, Fate),
    /// The process gives back claims that it does not know.
    Disown(usize),
    /// A run ends, and its result is sent.
    Finish(usize, Job, Fate),
    /// A run under an identity that is dead is dropped.
    Drop(usize, Job),
    /// A late request is executed. If it is a claim, it takes this task.
    Arrive(Late, usize),
    /// The answer of a written claim arrives.
    Answer(usize),
    /// A process no longer waits for the answer of a written claim.
    GiveUp(usize),
    /// A lock-claim of this task.
    Lock(usize, usize),
    /// This slot lists its task, or takes it out of the list because another worker may run it.
    List(usize, usize, Fate),
    /// This slot checks that it still has its lock, and begins to run.
    Look(usize, usize),
    /// This slot commits. The flag says whether its run has ended.
    Commit(usize, usize, bool, Fate),
    /// This slot makes a written claim of a run that lost its lock.
    Repair(usize, usize),
    /// This slot takes back its list.
    Unlist(usize, usize),
    /// A request of this slot fails.
    SlotFails(usize, usize),
    /// This slot loses its connection and its lock. The process does not know it yet.
    Disconnect(usize, usize),
    /// The server notices that a process has given up the connection that locks this task.
    Unlock(usize),
    /// Time passes.
    Tick,
    /// `kill -9`
    Kill(usize),
    /// `SIGSTOP`
    Pause(usize),
    /// `SIGCONT`
    Resume(usize),
    /// The server shuts down, or the network is cut.
    Fall(Link),
    /// The database can be reached again.
    Rise,
}

impl State {
    /// Adds all steps that are possible now.
    pub(crate) fn offer(&self, protocol: &Protocol, actions: &mut Vec<Action>) {
        if self.is_over() {
            return self.offer_aftermath(actions);
        }
        for p in 0..self.processes.len() {
            self.offer_process(p, actions);
            self.offer_harm(p, actions);
        }
        self.offer_late(actions);
        self.offer_unlocks(actions);
        if self.link != Link::Up {
            actions.push(Action::Rise);
        } else {
            let falls = [(self.left.restarts, Link::Restarting), (self.left.cuts, Link::Cut)];
            actions.extend(falls.iter().filter(|fall| fall.0 > 0).map(|fall| Action::Fall(fall.1)));
        }
        if self.may_tick(protocol) {
            actions.push(Action::Tick);
        }
    }

    /// The steps once all tasks are over: only requests on their way can still do harm.
    fn offer_aftermath(&self, actions: &mut Vec<Action>) {
        for (p, process) in self.processes.iter().enumerate() {
            actions.extend(process.jobs.iter().map(|job| Action::Finish(p, *job, Fate::Answered)));
            actions.extend(process.under_way.map(|_| Action::Answer(p)));
        }
        actions.extend(self.late.iter().map(|late| Action::Arrive(*late, 0)));
    }

    fn offer_process(&self, p: usize, actions: &mut Vec<Action>) {
        let process = &self.processes[p];
        if !process.runs() {
            return;
        }
        let is_up = self.link == Link::Up;
        if process.sweep.is_some() {
            actions.push(if is_up { Action::Sweep(p) } else { Action::SweepFails(p) });
        } else if !process.has_beaten {
            actions.push(if is_up { Action::Beat(p) } else { Action::BeatFails(p) });
        }
        let strangers = process.jobs.iter().filter(|job| job.worker != process.worker);
        actions.extend(strangers.map(|job| Action::Drop(p, *job)));
        self.offer_slots(p, actions);
        if is_up {
            self.offer_requests(p, actions);
        }
    }

    fn offer_requests(&self, p: usize, actions: &mut Vec<Action>) {
        let process = &self.processes[p];
        for job in &process.jobs {
            actions.extend(self.fates().map(|fate| Action::Finish(p, *job, fate)));
        }
        if process.is_claiming() {
            return;
        }
        if process.doubt.is_some_and(|doubt| !doubt.was_asked) {
            // The claimer reconciles before it claims.
            return actions.push(Action::Disown(p));
        }
        if self.left.losses > 0 {
            actions.push(Action::Claim(p, 0, Fate::Late));
        }
        if self.workers[process.worker].is_dead {
            return;
        }
        let has_slot = process.slots.iter().any(Option::is_none);
        for task in self.waiting() {
            if has_slot && self.tasks[task].crashes == 0 {
                actions.push(Action::Lock(p, task));
            }
            let fates = self.fates().filter(|fate| *fate != Fate::Late);
            actions.extend(fates.map(|fate| Action::Claim(p, task, fate)));
        }
    }

    fn offer_harm(&self, p: usize, actions: &mut Vec<Action>) {
        let is_last = self.processes.iter().filter(|process| process.life != Life::Dead).count() == 1;
        let life = self.processes[p].life;
        if life == Life::Paused {
            actions.push(Action::Resume(p));
        }
        if life == Life::Running && self.left.pauses > 0 {
            actions.push(Action::Pause(p));
        }
        if life != Life::Dead && self.left.kills > 0 && !is_last {
            actions.push(Action::Kill(p));
        }
        if life != Life::Dead && self.left.disconnects > 0 {
            let claims = self.processes[p].slots.iter().enumerate();
            let locked = claims
                .filter(|(slot, claim)| claim.is_some_and(|claim| self.has_lock(p, *slot, claim.job.task)));
            actions.extend(locked.map(|(slot, _)| Action::Disconnect(p, slot)));
        }
    }

    fn offer_late(&self, actions: &mut Vec<Action>) {
        if self.link != Link::Up {
            return;
        }
        for late in &self.late {
            match late {
                Late::Claim(..) => actions.extend(self.waiting().map(|task| Action::Arrive(*late, task))),
                Late::Finish(..) | Late::List(..) => actions.push(Action::Arrive(*late, 0)),
            }
        }
    }

    fn waiting(&self) -> impl Iterator<Item = usize> {
        (0..self.tasks.len())
            .filter(|task| self.tasks[*task].state == TaskState::Waiting && self.tasks[*task].lock.is_none())
    }

    pub(crate) fn fates(&self) -> impl Iterator<Item = Fate> + use<> {
        let count = if self.left.losses > 0 { 3 } else { 1 };
        [Fate::Answered, Fate::AnswerLost, Fate::Late].into_iter().take(count)
    }

    /// Whether time may pass. A running process beats in every tick, except in an outage.
    fn may_tick(&self, protocol: &Protocol) -> bool {
        self.processes.iter().filter(|process| process.runs()).all(|process| match process.sweep {
            None => process.has_beaten,
            Some(_) => self.link != Link::Up && protocol.slow_sweeps,
        }) && (self.link != Link::Up || self.is_reconciled())
    }

    /// Changes the state by a step.
    pub(crate) fn apply(&mut self, protocol: &Protocol, action: Action) {
        match action {
            Action::Beat(p) => self.beat(protocol, p),
            Action::BeatFails(p) => self.beat_fails(p),
            Action::Sweep(p) => self.sweep(protocol, p),
            Action::SweepFails(p) => self.processes[p].sweep = None,
            Action::Claim(p, task, fate) => self.ask(protocol, p, task, fate),
            Action::Disown(p) => self.reconcile(protocol, p),
            Action::Finish(p, job, fate) => self.save(protocol, p, job, fate),
            Action::Drop(p, job) => self.processes[p].forget(job),
            Action::Arrive(late, task) => self.arrive(protocol, late, task),
            Action::Tick => self.tick(protocol),
            harm @ (Action::Kill(_)
            | Action::Pause(_)
            | Action::Resume(_)
            | Action::Fall(_)
            | Action::Rise) => {
                self.harm(protocol, harm);
            }
            step => self.lock_claim(protocol, step),
        }
        self.forget_lists();
        self.forget_workers();
    }

    fn arrive(&mut self, protocol: &Protocol, late: Late, task: usize) {
        self.late.retain(|other| *other != late);
        match late {
            Late::Claim(worker, _) => drop(self.claim(worker, task)),
            Late::Finish(job, _) => self.finish(protocol, job),
            Late::List(listed, _) => self.late_list(protocol, listed),
        }
    }

    fn harm(&mut self, protocol: &Protocol, harm: Action) {
        match harm {
            Action::Kill(p) => {
                self.left.kills -= 1;
                self.die(p, protocol);
            }
            Action::Pause(p) => {
                self.left.pauses -= 1;
                self.processes[p].life = Life::Paused;
            }
            Action::Resume(p) => self.processes[p].life = Life::Running,
            Action::Fall(link) => self.fall(protocol, link),
            _ => {
                if self.link == Link::Restarting {
                    self.up_for = 0;
                }
                self.link = Link::Up;
            }
        }
    }

    /// Removes all that a process knows. Only its row is left.
    fn die(&mut self, p: usize, protocol: &Protocol) {
        let process = &mut self.processes[p];
        process.life = Life::Dead;
        process.paused_for = 0;
        process.has_beaten = false;
        process.was_cut_off = false;
        process.worker = 0;
        process.sweep = None;
        process.jobs.clear();
        process.known = vec![None; protocol.tasks];
        process.doubt = None;
        process.slots = vec![None; protocol.slots];
        process.under_way = None;
        process.unlocked = None;
    }

    fn fall(&mut self, protocol: &Protocol, link: Link) {
        self.link = link;
        if link == Link::Restarting {
            self.left.restarts -= 1;
            // All connections end with the server.
            self.late.clear();
            self.tasks.iter_mut().for_each(|row| row.lock = None);
            for process in self.processes.iter_mut().filter(|process| process.under_way.is_some()) {
                process.give_up(protocol);
            }
        } else {
            self.left.cuts -= 1;
        }
    }

    fn tick(&mut self, protocol: &Protocol) {
        let older = |age: u8| (age + 1).min(protocol.lease + 1);
        self.up_for = older(self.up_for);
        self.unheard_for = older(self.unheard_for);
        self.well_for = older(self.well_for);
        for worker in self.workers.iter_mut().filter(|worker| !worker.is_dead) {
            worker.silent_for = older(worker.silent_for);
        }
        for process in self.processes.iter_mut().filter(|process| process.life != Life::Dead) {
            process.has_beaten = false;
            if process.life == Life::Paused {
                process.paused_for = older(process.paused_for);
            }
            process.doubt =
                process.doubt.map(|doubt| Doubt { left: doubt.left.saturating_sub(1), was_asked: false });
            if self.link != Link::Up && process.runs() && protocol.slots > 0 {
                // Its claims fail, and each failure renews the doubt.
                process.arise(protocol);
            }
            process.sweep = process.sweep.and_then(|sweep| grown(sweep, process.life, protocol));
        }
        // The server ends transactions that are idle for a tick.
        self.tasks.iter_mut().for_each(|row| row.lock = None);
        // Statements are given up after as long as a lease.
        self.late.retain_mut(|late| {
            let (Late::Claim(_, age) | Late::Finish(_, age) | Late::List(_, age)) = late;
            *age += 1;
            *age <= protocol.lease
        });
    }
}

/// The sweep after a tick. A statement that hangs is given up in the end. One that was not sent waits for its process.
fn grown(sweep: Sweep, life: Life, protocol: &Protocol) -> Option<Sweep> {
    let (Sweep::Bury(age) | Sweep::Collect(age) | Sweep::Rescue(age)) = sweep;
    if life == Life::Paused {
        return Some(sweep);
    }
    match sweep {
        _ if age >= protocol.lease => None,
        Sweep::Bury(_) => Some(Sweep::Bury(age + 1)),
        Sweep::Collect(_) => Some(Sweep::Collect(age + 1)),
        Sweep::Rescue(_) => Some(Sweep::Rescue(age + 1)),
    }
}
