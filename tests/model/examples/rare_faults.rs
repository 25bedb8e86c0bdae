//! Visits every state of lock-claims under two rare faults at once. Takes minutes, so it is a program and no test:
//! `cargo run --release -p fang-model --example rare_faults`.

use fang_model::{Faults, Protocol};
use stateright::{Checker, HasDiscoveries, Model};

const NONE: Faults = Faults { kills: 0, pauses: 0, restarts: 0, cuts: 0, losses: 0, disconnects: 0 };

fn main() {
    let one = Faults { disconnects: 1, ..NONE };
    for faults in [
        Faults { kills: 1, losses: 1, ..one },
        Faults { kills: 1, disconnects: 2, ..NONE },
        Faults { pauses: 1, ..one },
        Faults { restarts: 1, ..one },
        Faults { cuts: 1, ..one },
        Faults { pauses: 1, losses: 1, ..NONE },
        Faults { cuts: 1, losses: 1, ..NONE },
    ] {
        let protocol = Protocol { slow_sweeps: false, slots: 2, faults, ..Protocol::default() };
        let checker = protocol.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
        println!(
            "{faults:?}: {} states, at most {} steps away",
            checker.unique_state_count(),
            checker.max_depth()
        );
        checker.assert_properties();
    }
}
