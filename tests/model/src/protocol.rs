//! What is checked: how many of each, which guards are on, how much may go wrong.

use crate::action::Action;
use crate::properties;
use crate::state::State;
use stateright::{Model, Property};

/// How often each fault may happen in one history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Processes killed for good.
    pub kills: u8,
    /// Processes stopped, and perhaps resumed.
    pub pauses: u8,
    /// The server restarted.
    pub restarts: u8,
    /// The network cut between the server and all processes, while the server stays up.
    pub cuts: u8,
    /// Requests that are delayed, and answers that are lost.
    pub losses: u8,
    /// Connections lost that have rows locked, while all others last.
    pub disconnects: u8,
}

/// A size of the model, and the guards of the protocol, each of which may be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protocol {
    /// How many processes.
    pub processes: usize,
    /// How many tasks.
    pub tasks: usize,
    /// The lease in ticks. A process beats once a tick.
    pub lease: u8,
    /// After how many crashes a task fails.
    pub max_crashes: u8,
    /// A result is accepted only under the claim that stands.
    pub fence: bool,
    /// A server that has been up for less than a lease buries nobody.
    pub server_grace: bool,
    /// While beats have come without a gap for less than a lease, nobody sweeps.
    pub sweeper_grace: bool,
    /// A sweep may hang between the beat that led to it and the server.
    pub slow_sweeps: bool,
    /// The statement that buries looks whether the sweeper itself has beaten within half a lease.
    pub fresh_sweeper: bool,
    /// What a process knows it holds is told with the lease of the claim, not by the task alone.
    pub disown_by_lease: bool,
    /// How many connections of a process claim by locks alone. With none all claims are written.
    pub slots: usize,
    /// A lock-claim is listed before it runs, and other claims read the list.
    pub list: bool,
    /// A lock-claim looks whether it still has its locks once it is listed.
    pub look: bool,
    /// A process remembers the tasks that lost their locks until its next claim begins.
    pub memory: bool,
    /// A lock-claim of a task that runs here already yields to the worker that runs it, which may be dead.
    pub yield_by_worker: bool,
    /// A task that others have listed is not listed again. Without this it is listed, and then taken out again.
    pub list_own_only: bool,
    /// A process in doubt takes back unknown lists, and doubts anew after each list taken back.
    pub doubt_outlasts_lists: bool,
    /// What may go wrong.
    pub faults: Faults,
}

/// The protocol as the library has it, with a lease of three beats, the fewest that a pool accepts. There are no
/// lock-claims and no faults.
impl Default for Protocol {
    fn default() -> Self {
        Self {
            processes: 2,
            tasks: 1,
            lease: 3,
            max_crashes: 3,
            fence: true,
            server_grace: true,
            sweeper_grace: true,
            slow_sweeps: true,
            fresh_sweeper: true,
            disown_by_lease: true,
            slots: 0,
            list: true,
            look: true,
            memory: true,
            yield_by_worker: true,
            list_own_only: true,
            doubt_outlasts_lists: true,
            faults: Faults::default(),
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.offer(self, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        state.apply(self, action);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
