//! The thread that breaks workers.

use super::Campaign;
use super::folder::Folder;
use super::workers::{Slot, Workers};
use crate::proxy::Network;
use crate::{Blow, Fault, FaultsError, Strike, clock};
use async_channel::{Receiver, Sender, TrySendError};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it looks at processes and clocks.
const STEP: Duration = Duration::from_millis(5);
/// How often the table is looked at, once there are no more faults.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long new connections are reset as well.
const RESET: Duration = Duration::from_millis(100);

/// What the test does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// Insert tasks.
    Insert,
    /// Look whether the tasks are over.
    Look,
}

/// What was broken.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    pub(crate) strikes: Vec<Strike>,
    /// How many faults there were, by name.
    pub(crate) faults: BTreeMap<&'static str, usize>,
    /// How many workers had to be killed because they did not end after a SIGTERM.
    pub(crate) overdue: usize,
    /// How many workers ended though nothing had hit them.
    pub(crate) ended_by_themselves: usize,
}

/// The thread, seen from the test. Dropping it kills the workers.
#[derive(Debug)]
pub(super) struct Breaker {
    ticks: Receiver<Tick>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Broken, FaultsError>>>,
}

impl Breaker {
    /// Starts the workers, and the thread.
    pub(super) fn start(campaign: &Campaign, seed: u64, folder: &Folder) -> Result<Self, FaultsError> {
        let (sender, ticks) = async_channel::bounded(1);
        let is_over = Arc::new(AtomicBool::new(false));
        let course = Course {
            campaign: campaign.clone(),
            workers: Workers::start(campaign, folder)?,
            random: Rng::with_seed(seed),
            ticks: sender,
            tick: Tick::Insert,
            tick_at: Instant::now(),
            is_over: is_over.clone(),
            broken: Broken::default(),
        };
        Ok(Self { ticks, is_over, thread: Some(thread::spawn(move || course.run())) })
    }

    /// The ticks. They end with the thread.
    pub(super) fn ticks(&self) -> &Receiver<Tick> {
        &self.ticks
    }

    /// Makes the thread stop the workers.
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// What was broken, once the ticks have ended.
    pub(super) fn finish(&mut self) -> Result<Broken, FaultsError> {
        let broken = self.thread.take().map(JoinHandle::join);
        broken.and_then(Result::ok).unwrap_or(Err(FaultsError::Panicked))
    }
}

impl Drop for Breaker {
    fn drop(&mut self) {
        self.ticks.close();
        // Its error, if any, is not the first one.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The thread, seen from inside.
struct Course {
    campaign: Campaign,
    workers: Workers,
    random: Rng,
    ticks: Sender<Tick>,
    /// What the next tick is, and when.
    tick: Tick,
    tick_at: Instant,
    is_over: Arc<AtomicBool>,
    broken: Broken,
}

impl Course {
    fn run(mut self) -> Result<Broken, FaultsError> {
        for _ in 0..self.campaign.times {
            let pause = self.campaign.every.mul_f64(0.5 + self.random.f64());
            self.wait(pause, |_| false)?;
            if self.ticks.is_closed() {
                return Ok(self.broken);
            }
            self.strike()?;
        }
        self.tick = Tick::Look;
        while !self.is_over.load(Ordering::Relaxed) && !self.ticks.is_closed() {
            self.wait(LOOK_EVERY, |_| false)?;
        }
        if !self.ticks.is_closed() {
            self.terminate((0..self.workers.slots.len()).collect())?;
        }
        self.broken.ended_by_themselves = self.workers.ended_by_themselves;
        Ok(self.broken)
    }

    /// Lets time pass until `is_done`, at most so long. Meanwhile the test goes on, and workers that end are replaced.
    fn wait(
        &mut self,
        at_most: Duration,
        mut is_done: impl FnMut(&mut Self) -> bool,
    ) -> Result<(), FaultsError> {
        let began = Instant::now();
        while !is_done(self) && !self.ticks.is_closed() {
            let Some(left) = at_most.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) else {
                break;
            };
            self.broken.strikes.extend(self.workers.revive()?);
            if self.tick_at <= Instant::now() {
                self.tick();
            }
            thread::sleep(STEP.min(left));
        }
        Ok(())
    }

    /// A test that is slower than its ticks misses some.
    fn tick(&mut self) {
        let every = if self.tick == Tick::Insert { self.campaign.inserts_every } else { LOOK_EVERY };
        let now = Instant::now();
        self.tick_at = now.checked_add(every).unwrap_or(now);
        let (Ok(()) | Err(TrySendError::Full(_) | TrySendError::Closed(_))) = self.ticks.try_send(self.tick);
    }

    fn strike(&mut self) -> Result<(), FaultsError> {
        let index = self.random.usize(0..self.workers.slots.len());
        let Some(fault) = self.random.choice(&self.campaign.faults).copied() else { return Ok(()) };
        *self.broken.faults.entry(fault.name()).or_default() += 1;
        match fault {
            Fault::Kill => self.kill(index),
            Fault::Terminate => {
                self.terminate(vec![index])?;
                self.workers.replace(index)
            }
            Fault::Pause(time) => self.silence(
                index,
                time,
                |slot| slot.process.pause().map(drop),
                |slot| slot.process.resume().map(drop),
            ),
            Fault::Blackhole(time) => self.cut(index, time, Network::Blackhole),
            Fault::Reset => self.cut(index, RESET, Network::Reset),
        }
    }

    fn kill(&mut self, index: usize) -> Result<(), FaultsError> {
        let killed = self.workers.kill(index)?;
        self.broken.strikes.extend(killed);
        self.workers.replace(index)
    }

    fn cut(&mut self, index: usize, time: Duration, network: Network) -> Result<(), FaultsError> {
        let set = |slot: &Slot, network| {
            if let Some(proxy) = &slot.proxy {
                proxy.set(network);
            }
            Ok(())
        };
        self.silence(index, time, |slot| set(slot, network), |slot| set(slot, Network::Pass))
    }

    /// Keeps a worker from being heard for a time. If it is another process by then, it had ended by itself.
    fn silence(
        &mut self,
        index: usize,
        time: Duration,
        begin: impl FnOnce(&Slot) -> std::io::Result<()>,
        end: impl FnOnce(&Slot) -> std::io::Result<()>,
    ) -> Result<(), FaultsError> {
        let Some(slot) = self.workers.slots.get(index) else { return Ok(()) };
        let (pid, from) = (slot.process.pid(), clock::now());
        begin(slot)?;
        self.wait(time, |_| false)?;
        let Some(slot) = self.workers.slots.get(index) else { return Ok(()) };
        end(slot)?;
        self.broken.strikes.push(Strike::silence(pid, from, clock::now()));
        Ok(())
    }

    /// Terminates these workers, and kills those that do not end in time.
    fn terminate(&mut self, indices: Vec<usize>) -> Result<(), FaultsError> {
        let from = clock::now();
        for index in &indices {
            self.workers.terminate(*index)?;
        }
        let (mut left, mut ends) = (indices, Vec::new());
        self.wait(self.campaign.stops_within, |course| {
            left.retain(|index| match course.workers.ended(*index) {
                Some(pid) => {
                    ends.push((pid, clock::now()));
                    false
                }
                None => true,
            });
            left.is_empty()
        })?;
        for index in left {
            if let Some(kill) = self.workers.kill(index)? {
                self.broken.overdue += 1;
                self.broken.strikes.push(kill);
                ends.push((kill.pid, kill.to));
            }
        }
        let strike = |(pid, to)| Strike { pid, from, to, blow: Blow::Terminate };
        self.broken.strikes.extend(ends.into_iter().map(strike));
        Ok(())
    }
}
