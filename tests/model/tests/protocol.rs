//! Every state of the protocol at small sizes; and for each guard, what happens without it.

// A panic is how a test reports.
#![allow(clippy::expect_used)]

use fang_model::{Action, Faults, LOST, Link, MASS, Protocol, RERUN, STALE, State, TWICE, TaskState, UNJUST};
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;

const NONE: Faults = Faults { kills: 0, pauses: 0, restarts: 0, cuts: 0, losses: 0 };

/// Visits every state.
#[track_caller]
fn assert_holds(protocol: Protocol) {
    let checker = protocol.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    println!("{} states, at most {} steps away", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds a history that breaks `property`; returns the states it passes when it is replayed, and
/// its steps.
#[track_caller]
fn witness(protocol: Protocol, property: &'static str) -> (Vec<State>, Vec<Action>) {
    let only = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let checker = protocol.checker().finish_when(only).spawn_bfs().join();
    let steps = checker.assert_any_discovery(property).into_actions();
    println!("{property}, broken by {steps:#?}");
    let mut states = protocol.init_states();
    for step in &steps {
        let last = states.last().expect("the first is there");
        let mut possible = Vec::new();
        protocol.actions(last, &mut possible);
        assert!(possible.contains(step), "{step:?} was not possible");
        states.push(protocol.next_state(last, *step).expect("every step leads somewhere"));
    }
    (states, steps)
}

fn last(states: &[State]) -> &State {
    states.last().expect("the first is there")
}

#[test]
fn the_protocol_holds_for_two_processes_of_which_one_dies_or_is_paused_while_the_server_restarts() {
    let faults = Faults { kills: 1, pauses: 1, restarts: 1, ..NONE };
    assert_holds(Protocol { faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_for_two_processes_of_which_one_dies_while_a_message_is_lost_and_the_server_restarts() {
    let faults = Faults { kills: 1, restarts: 1, losses: 1, ..NONE };
    assert_holds(Protocol { faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_for_two_tasks_and_a_process_that_dies_or_is_paused() {
    let faults = Faults { kills: 1, pauses: 1, ..NONE };
    assert_holds(Protocol { tasks: 2, faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_for_three_processes_of_which_one_dies_and_one_is_paused() {
    let faults = Faults { kills: 1, pauses: 1, ..NONE };
    assert_holds(Protocol { processes: 3, faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_when_the_network_is_cut_and_no_sweep_is_under_way() {
    let faults = Faults { kills: 1, cuts: 1, losses: 1, ..NONE };
    assert_holds(Protocol { slow_sweeps: false, faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_when_a_process_is_paused_and_the_network_is_cut() {
    let faults = Faults { kills: 1, pauses: 1, cuts: 1, ..NONE };
    assert_holds(Protocol { faults, ..Protocol::default() });
}

#[test]
fn the_protocol_holds_when_a_process_is_paused_and_a_message_is_lost() {
    let faults = Faults { pauses: 1, losses: 1, ..NONE };
    assert_holds(Protocol { faults, ..Protocol::default() });
}

#[test]
fn without_the_fence_a_stale_result_is_accepted_and_a_task_is_finished_twice() {
    let faults = Faults { pauses: 1, ..NONE };
    let protocol = Protocol { fence: false, faults, ..Protocol::default() };
    for property in [STALE, TWICE] {
        let (states, steps) = witness(protocol, property);
        assert!(matches!(steps.last(), Some(Action::Finish(..))));
        assert!(last(&states).violations.stale);
        assert!(!states[states.len() - 2].violations.stale, "it is the last step that does it");
    }
    let (states, _) = witness(protocol, TWICE);
    assert_eq!(last(&states).tasks[0].accepted, 2);
    assert_holds(Protocol { fence: true, ..protocol });
}

#[test]
fn without_the_grace_an_outage_makes_everything_run_again() {
    let faults = Faults { restarts: 1, ..NONE };
    let protocol =
        Protocol { tasks: 2, server_grace: false, sweeper_grace: false, faults, ..Protocol::default() };
    let (states, steps) = witness(protocol, MASS);
    assert!(steps.contains(&Action::Fall(Link::Restarting)));
    assert!(states.iter().flat_map(|state| &state.processes).all(|process| process.runs()));
    assert!(last(&states).tasks.iter().all(|task| task.crashes == 1), "nobody died, all are charged");
    assert_holds(Protocol { server_grace: true, sweeper_grace: true, ..protocol });
}

#[test]
fn a_server_that_stayed_up_needs_sweepers_that_have_been_well_for_a_lease() {
    let faults = Faults { cuts: 1, ..NONE };
    let protocol = Protocol { slow_sweeps: false, faults, ..Protocol::default() };
    witness(Protocol { sweeper_grace: false, ..protocol }, RERUN);
    assert_holds(protocol);
}

#[test]
fn with_two_beats_in_a_lease_a_short_cut_is_taken_for_death() {
    let faults = Faults { cuts: 1, ..NONE };
    let protocol = Protocol { slow_sweeps: false, faults, ..Protocol::default() };
    witness(Protocol { lease: 2, ..protocol }, RERUN);
    assert_holds(Protocol { lease: 3, ..protocol });
}

#[test]
fn a_sweep_that_hung_through_a_cut_of_the_network_would_bury_the_living() {
    let faults = Faults { cuts: 1, ..NONE };
    let protocol = Protocol { fresh_sweeper: false, faults, ..Protocol::default() };
    let (states, steps) = witness(protocol, UNJUST);
    assert!(steps.contains(&Action::Fall(Link::Cut)));
    assert!(last(&states).processes.iter().all(|process| process.runs()));
    assert_holds(Protocol { fresh_sweeper: true, ..protocol });
    // Or it is its process that hangs.
    let faults = Faults { pauses: 1, ..faults };
    let (_, steps) = witness(Protocol { slow_sweeps: false, faults, ..protocol }, RERUN);
    assert!(steps.iter().any(|step| matches!(step, Action::Pause(_))));
}

#[test]
fn a_process_that_knew_its_claims_by_the_task_alone_could_lose_one() {
    let faults = Faults { pauses: 1, losses: 1, ..NONE };
    let protocol = Protocol { disown_by_lease: false, faults, ..Protocol::default() };
    let (states, _) = witness(protocol, LOST);
    let lost = last(&states);
    let (task, owner) = (&lost.tasks[0], lost.tasks[0].locked_by.expect("it is claimed"));
    let process = &lost.processes[lost.workers[owner].process];
    assert_eq!((task.state, lost.workers[owner].is_dead), (TaskState::Running, false));
    assert!(process.runs() && process.jobs.iter().all(|job| job.lease < task.lease));
    assert_eq!(process.doubt, None, "it will not ask again");
    assert_holds(Protocol { disown_by_lease: true, ..protocol });
}
