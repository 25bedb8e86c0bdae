//! The properties that must hold in every state.

use crate::protocol::Protocol;
use crate::state::State;
use stateright::Property;

/// At most one result of a task is accepted.
pub const TWICE: &str = "no task is finished twice";
/// A result is accepted only under the claim that stands.
pub const STALE: &str = "no stale result is accepted";
/// Each task ends once nothing more goes wrong.
pub const LOST: &str = "no task is lost";
/// No living worker is charged a crash after an outage.
pub const RERUN: &str = "no outage makes the tasks of the living run again";
/// After an outage, not all tasks are charged a crash.
pub const MASS: &str = "no outage makes everything run again";
/// Crashes are charged only to tasks of processes that died or were paused for a lease.
pub const UNJUST: &str = "only the dead and the paused are charged a crash";

/// Two living workers never run one task. The list of lock-claims ensures that.
pub const BESIDE: &str = "no task begins to run while another living worker runs it";
/// A process never repeats its own run.
pub const AGAIN: &str = "no process runs a task again that it runs or has finished";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(TWICE, |_, state: &State| state.tasks.iter().all(|task| task.accepted <= 1)),
        Property::always(STALE, |_, state: &State| !state.violations.stale),
        Property::always(LOST, |protocol, state: &State| state.comes_to_its_end(protocol)),
        Property::always(RERUN, |_, state: &State| !state.violations.rerun),
        Property::always(MASS, |_, state: &State| {
            !state.violations.rerun || state.tasks.iter().any(|task| task.crashes == 0)
        }),
        Property::always(UNJUST, |_, state: &State| !state.violations.unjust),
        Property::always(BESIDE, |_, state: &State| !state.violations.beside),
        Property::always(AGAIN, |_, state: &State| !state.violations.again),
    ]
}
