//! The worker processes of a crash test.

use super::Campaign;
use super::folder::Folder;
use crate::proxy::Proxy;
use crate::{Blow, Book, FaultsError, Ledger, Process, Strike, clock};
use std::fs::OpenOptions;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long after its start a worker that ended by itself is started again, at the earliest.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// After this many ends of its own for each worker, before any task has run, the test gives up.
const TRIES: usize = 3;

/// One worker, which others replace when it has ended.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) process: Process,
    started_at: Instant,
    /// When it was seen alive last.
    alive_at: u64,
    pub(super) proxy: Option<Proxy>,
    /// Whether it may end now, because it was told to.
    may_end: bool,
}

/// All workers.
#[derive(Debug)]
pub(super) struct Workers {
    campaign: Campaign,
    folder: Folder,
    pub(super) slots: Vec<Slot>,
    /// How many ended though nothing had hit them.
    pub(super) ended_by_themselves: usize,
}

impl Workers {
    pub(super) fn start(campaign: &Campaign, folder: &Folder) -> Result<Self, FaultsError> {
        let (campaign, folder) = (campaign.clone(), folder.clone());
        let mut workers = Self { campaign, folder, slots: Vec::new(), ended_by_themselves: 0 };
        for _ in 0..workers.campaign.workers {
            let proxy = workers.campaign.proxy.as_ref().map(|(_, uri)| Proxy::start(uri)).transpose()?;
            let process = workers.process(proxy.as_ref())?;
            let (started_at, alive_at) = (Instant::now(), clock::now());
            workers.slots.push(Slot { process, started_at, alive_at, proxy, may_end: false });
        }
        Ok(workers)
    }

    /// Starts another process in this place. If the old one still runs, it is killed.
    pub(super) fn replace(&mut self, index: usize) -> Result<(), FaultsError> {
        let Some(slot) = self.slots.get(index) else { return Ok(()) };
        let process = self.process(slot.proxy.as_ref())?;
        if let Some(slot) = self.slots.get_mut(index) {
            (slot.process, slot.started_at, slot.may_end) = (process, Instant::now(), false);
            slot.alive_at = clock::now();
        }
        Ok(())
    }

    /// Kills a worker.
    pub(super) fn kill(&mut self, index: usize) -> Result<Option<Strike>, FaultsError> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(None) };
        let (pid, from) = (slot.process.pid(), clock::now());
        Ok(Some(Strike { pid, from, to: slot.process.kill()?, blow: Blow::Kill }))
    }

    /// Asks a worker to end.
    pub(super) fn terminate(&mut self, index: usize) -> Result<(), FaultsError> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        slot.may_end = true;
        if slot.process.ended()?.is_none() {
            slot.process.terminate()?;
        }
        Ok(())
    }

    /// The process of a worker, if it has ended.
    pub(super) fn ended(&mut self, index: usize) -> Option<u32> {
        let slot = self.slots.get_mut(index)?;
        let has_ended = !matches!(slot.process.ended(), Ok(None));
        has_ended.then(|| slot.process.pid())
    }

    /// Starts others in the place of those that have ended by themselves. Returns these ends.
    pub(super) fn revive(&mut self) -> Result<Vec<Strike>, FaultsError> {
        let mut strikes = Vec::new();
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(index) else { continue };
            if slot.may_end || slot.started_at.elapsed() < AGAIN_AFTER {
                continue;
            }
            let now = clock::now();
            let Some(status) = slot.process.ended()? else {
                slot.alive_at = now;
                continue;
            };
            let (pid, from, to) = (slot.process.pid(), slot.alive_at, clock::now());
            strikes.push(Strike { pid, from, to, blow: Blow::Exit });
            self.ended_by_themselves += 1;
            self.give_up(status)?;
            self.replace(index)?;
        }
        Ok(strikes)
    }

    /// # Errors
    /// When workers end again and again and no task has run.
    fn give_up(&self, status: ExitStatus) -> Result<(), FaultsError> {
        let too_often = self.ended_by_themselves >= TRIES * self.slots.len();
        if too_often && Book::read(&self.folder.ledger())?.runs().next().is_none() {
            return Err(FaultsError::Ends { status, log: self.folder.log() });
        }
        Ok(())
    }

    fn process(&self, proxy: Option<&Proxy>) -> Result<Process, FaultsError> {
        let path = self.folder.log();
        let open = || {
            let log = OpenOptions::new().create(true).append(true).open(&path)?;
            Ok((log.try_clone()?, log))
        };
        let (out, err) = open().map_err(FaultsError::file(&path))?;
        let mut command = Command::new(&self.campaign.program);
        command.args(&self.campaign.arguments).envs(self.campaign.environment.iter().cloned());
        command.env(Ledger::VARIABLE, self.folder.ledger()).stdout(out).stderr(err);
        if let (Some(proxy), Some((name, _))) = (proxy, &self.campaign.proxy) {
            command.env(name, proxy.uri());
        }
        Process::start(&mut command)
    }
}
