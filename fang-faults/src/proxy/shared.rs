//! The state that all connections of a proxy share.

use super::cut::{Direction, Tail};
use super::link::Link;
use super::{Cut, Network};
use std::slice;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// The time in which a client acknowledges the data that was sent before a black hole. Without that wait the kernel
/// would send the data again during the black hole, which the client would take for a sign of life.
const ACKNOWLEDGED: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    network: Network,
    /// Changes with each call of `set`.
    epoch: u64,
    ended: bool,
    links: Vec<Weak<Link>>,
    pub(super) accepted: Vec<Instant>,
    pub(super) cuts: u64,
}

impl Default for State {
    fn default() -> Self {
        let (links, accepted) = (Vec::new(), Vec::new());
        Self { network: Network::Pass, epoch: 0, ended: false, links, accepted, cuts: 0 }
    }
}

/// The decision about bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    /// This many bytes pass, then the connection is closed.
    Cut(usize),
    Gone,
}

/// The memory of one direction of one connection.
#[derive(Debug, Default)]
pub(super) struct Memory {
    epoch: u64,
    passed: usize,
    tail: Tail,
}

impl Shared {
    pub(super) fn set(&self, network: Network) {
        let is_hole = matches!(network, Network::Blackhole);
        let mut state = self.lock();
        state.network = network;
        state.epoch += 1;
        let epoch = state.epoch;
        self.changed.notify_all();
        if is_hole {
            drop(state);
            thread::sleep(ACKNOWLEDGED);
            state = self.lock();
        }
        if state.epoch == epoch {
            state.apply();
        }
    }

    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.epoch += 1;
        state.network = Network::Reset;
        state.apply();
        self.changed.notify_all();
    }

    /// Adds a connection. Returns `false` if the proxy has ended.
    pub(super) fn admit(&self, link: &Arc<Link>) -> bool {
        let mut state = self.lock();
        if state.ended {
            return false;
        }
        state.accepted.push(Instant::now());
        state.links.retain(|link| link.strong_count() > 0);
        state.links.push(Arc::downgrade(link));
        link.obey(&state.network);
        self.changed.notify_all();
        true
    }

    pub(super) fn cuts(&self) -> u64 {
        self.lock().cuts
    }

    pub(super) fn clients(&self) -> Vec<u16> {
        self.lock().links.iter().filter_map(Weak::upgrade).filter_map(|link| link.client_port()).collect()
    }

    /// Waits until `look` returns a value.
    pub(super) fn wait<T>(&self, patience: Duration, mut look: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            let found = look(&state);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || left.is_zero() {
                return found;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Decides about bytes that have arrived. No bytes mean the end of the connection. Waits as long as the network
    /// delays them.
    pub(super) fn judge(&self, direction: Direction, memory: &mut Memory, bytes: &[u8]) -> Fate {
        let came = Instant::now();
        let mut state = self.lock();
        loop {
            let wait = match &state.network {
                Network::Blackhole => Duration::MAX,
                Network::Delay(delay) => delay.saturating_sub(came.elapsed()),
                Network::DelayAnswers(word, delay)
                    if direction == Direction::Down && memory.tail.sees(slice::from_ref(word), bytes) =>
                {
                    delay.saturating_sub(came.elapsed())
                }
                _ => Duration::ZERO,
            };
            if wait.is_zero() {
                return self.decide(state, direction, memory, bytes);
            }
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn decide(
        &self,
        mut state: MutexGuard<'_, State>,
        direction: Direction,
        memory: &mut Memory,
        bytes: &[u8],
    ) -> Fate {
        if memory.epoch != state.epoch {
            *memory = Memory { epoch: state.epoch, ..Memory::default() };
        }
        let fate = match &mut state.network {
            Network::Reset => Fate::Gone,
            Network::DelayAnswers(word, _) if direction == Direction::Down => {
                memory.tail.keep(slice::from_ref(word), bytes);
                Fate::Pass
            }
            Network::CutAfter(cut, after) if *cut == direction => memory.count(*after, bytes),
            Network::CutAt(cut) if cut.direction == direction => memory.look(cut, bytes),
            _ => Fate::Pass,
        };
        if matches!(fate, Fate::Cut(_)) {
            state.cuts += 1;
            self.changed.notify_all();
        }
        fate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&self) {
        for link in self.links.iter().filter_map(Weak::upgrade) {
            link.obey(&self.network);
        }
    }
}

impl Memory {
    fn count(&mut self, after: usize, bytes: &[u8]) -> Fate {
        let left = after.saturating_sub(self.passed);
        self.passed = self.passed.saturating_add(bytes.len());
        if bytes.len() > left { Fate::Cut(left) } else { Fate::Pass }
    }

    fn look(&mut self, cut: &mut Cut, bytes: &[u8]) -> Fate {
        if self.tail.sees(&cut.words, bytes) && cut.draw() {
            return Fate::Cut(0);
        }
        self.tail.keep(&cut.words, bytes);
        Fate::Pass
    }
}
