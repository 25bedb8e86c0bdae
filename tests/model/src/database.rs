//! The statements, each atomic: how `fang-postgres/src/sql` changes a row.

use crate::protocol::Protocol;
use crate::state::{Job, Life, State, TaskState, Worker};

impl State {
    /// `claim.sql`. A worker that was declared dead gets nothing. A task that another worker has listed becomes a
    /// written claim of that worker. Locked rows are skipped.
    pub(crate) fn claim(&mut self, worker: usize, task: usize) -> Option<Job> {
        let row = &self.tasks[task];
        if self.workers[worker].is_dead || row.state != TaskState::Waiting || row.lock.is_some() {
            return None;
        }
        let lease = row.lease + 1;
        let owner = self.listed_by_other(task, lease, worker).unwrap_or(worker);
        let row = &mut self.tasks[task];
        row.state = TaskState::Running;
        row.lease = lease;
        row.locked_by = Some(owner);
        (owner == worker).then_some(Job { task, lease, worker })
    }

    /// `finish.sql`, with a result that ends the task. Without the fence the row is looked up by its id.
    pub(crate) fn finish(&mut self, protocol: &Protocol, job: Job) {
        let row = &mut self.tasks[job.task];
        let stands =
            row.state == TaskState::Running && row.lease == job.lease && row.locked_by == Some(job.worker);
        if protocol.fence && !stands {
            return;
        }
        self.violations.stale |= !stands;
        row.accepted += 1;
        row.state = TaskState::Done;
        row.locked_by = None;
    }

    /// `register.sql`
    pub(crate) fn register(&mut self, process: usize) -> usize {
        self.workers.push(Worker::new(process));
        self.workers.len() - 1
    }

    /// `bury.sql`
    pub(crate) fn bury(&mut self, protocol: &Protocol, sweeper: usize) {
        let sweeper = &self.workers[sweeper];
        let is_fresh = !sweeper.is_dead && 2 * sweeper.silent_for <= protocol.lease;
        if (protocol.server_grace && self.up_for <= protocol.lease) || (protocol.fresh_sweeper && !is_fresh) {
            return;
        }
        for worker in &mut self.workers {
            if !worker.is_dead && worker.silent_for > protocol.lease {
                let process = &self.processes[worker.process];
                worker.is_dead = true;
                worker.silent_for = 0;
                worker.was_cut_off = process.was_cut_off;
                worker.is_wronged = process.life != Life::Dead && !process.was_paused_past(protocol);
            }
        }
    }

    /// `rescue.sql`. Workers that are not in the table are not modelled, since no verb removes a worker that has tasks.
    pub(crate) fn rescue(&mut self, protocol: &Protocol) {
        for row in &mut self.tasks {
            let Some(worker) = row.locked_by.map(|worker| &self.workers[worker]) else { continue };
            if !worker.is_dead {
                continue;
            }
            row.crashes += 1;
            row.locked_by = None;
            let is_hopeless = row.crashes >= protocol.max_crashes;
            row.state = if is_hopeless { TaskState::Failed } else { TaskState::Waiting };
            self.violations.unjust |= worker.is_wronged;
            self.violations.rerun |= worker.is_wronged && worker.was_cut_off;
        }
    }

    /// `disown.sql`
    pub(crate) fn disown(&mut self, protocol: &Protocol, process: usize) {
        let process = &self.processes[process];
        for (row, known) in self.tasks.iter_mut().zip(&process.known) {
            let is_known = if protocol.disown_by_lease { *known == Some(row.lease) } else { known.is_some() };
            if row.locked_by == Some(process.worker) && !is_known {
                row.state = TaskState::Waiting;
                row.locked_by = None;
            }
        }
    }
}
