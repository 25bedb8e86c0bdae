//! Every state of the protocol at small sizes; and for each guard, what happens without it.

// A panic is how a test reports.
#![allow(clippy::expect_used)]

use fang_model::{
    AGAIN, Action, BESIDE, Faults, LOST, Link, MASS, Process, Protocol, RERUN, STALE, Stage, State, TWICE,
    TaskState, UNJUST,
};
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;

const NONE: Faults = Faults { kills: 0, pauses: 0, restarts: 0, cuts: 0, losses: 0, disconnects: 0 };

/// Visits every state.
#[track_caller]
fn assert_holds(protocol: Protocol) {
    let checker = protocol.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    println!("{} states, at most {} steps away", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds a history that breaks `property` and replays it up to the step that does so. Returns the states that it
/// passes, and its steps.
#[track_caller]
fn witness(protocol: Protocol, property: &'static str) -> (Vec<State>, Vec<Action>) {
    let only = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let checker = protocol.checker().finish_when(only).spawn_bfs().join();
    let mut steps = checker.assert_any_discovery(property).into_actions();
    let holds = protocol.property(property).condition;
    let mut states = protocol.init_states();
    for step in &steps {
        let last = states.last().expect("the first is there");
        let mut possible = Vec::new();
        protocol.actions(last, &mut possible);
        assert!(possible.contains(step), "{step:?} was not possible");
        states.push(protocol.next_state(last, *step).expect("every step leads somewhere"));
    }
    states.truncate(states.iter().take_while(|state| holds(&protocol, state)).count() + 1);
    steps.truncate(states.len() - 1);
    println!("{property}, broken by {steps:#?}");
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

/// Lock-claims as the library has them: over two connections of each process.
fn lock_claims() -> Protocol {
    Protocol { slots: 2, ..Protocol::default() }
}

#[test]
fn lock_claims_hold_when_a_process_dies_or_one_connection_or_message_is_lost() {
    for faults in
        [Faults { kills: 1, ..NONE }, Faults { disconnects: 1, ..NONE }, Faults { losses: 1, ..NONE }]
    {
        assert_holds(Protocol { faults, ..lock_claims() });
    }
}

#[test]
fn lock_claims_hold_when_the_server_restarts_or_the_network_is_cut() {
    for faults in [Faults { restarts: 1, ..NONE }, Faults { cuts: 1, ..NONE }] {
        assert_holds(Protocol { slow_sweeps: false, faults, ..lock_claims() });
    }
}

#[test]
fn lock_claims_hold_for_two_tasks_and_for_three_processes_when_a_connection_is_lost() {
    let faults = Faults { disconnects: 1, ..NONE };
    assert_holds(Protocol { tasks: 2, faults, ..lock_claims() });
    assert_holds(Protocol { processes: 3, faults, ..lock_claims() });
}

#[test]
fn lock_claims_hold_when_a_process_dies_and_one_is_paused_or_the_server_restarts() {
    for faults in [Faults { pauses: 1, kills: 1, ..NONE }, Faults { restarts: 1, kills: 1, ..NONE }] {
        assert_holds(Protocol { slow_sweeps: false, faults, ..lock_claims() });
    }
}

#[test]
fn lock_claims_hold_when_two_connections_are_lost_or_one_and_a_message() {
    for faults in [Faults { disconnects: 2, ..NONE }, Faults { disconnects: 1, losses: 1, ..NONE }] {
        assert_holds(Protocol { faults, ..lock_claims() });
    }
}

#[test]
fn lock_claims_hold_for_three_processes_when_a_connection_is_lost_and_one_dies() {
    let faults = Faults { kills: 1, disconnects: 1, ..NONE };
    assert_holds(Protocol { processes: 3, faults, ..lock_claims() });
}

/// Whether each process runs a task.
fn runs(state: &State) -> Vec<bool> {
    state.processes.iter().map(|process| process.runs_of().next().is_some()).collect()
}

#[test]
fn without_the_list_others_run_a_task_that_lost_its_locks_and_still_runs() {
    let lost = Faults { disconnects: 1, ..NONE };
    for faults in [lost, Faults { restarts: 1, ..NONE }] {
        let protocol = Protocol { list: false, faults, ..lock_claims() };
        let (states, steps) = witness(protocol, BESIDE);
        assert!(steps.iter().any(|step| matches!(step, Action::Disconnect(..) | Action::Fall(_))));
        assert_eq!(runs(last(&states)), [true, true]);
        assert!(last(&states).workers.iter().all(|worker| !worker.is_dead));
    }
}

#[test]
fn without_a_look_after_the_list_a_task_runs_whose_locks_are_gone() {
    let faults = Faults { disconnects: 1, ..NONE };
    let protocol = Protocol { look: false, faults, ..lock_claims() };
    let (states, steps) = witness(protocol, BESIDE);
    assert!(matches!(steps.last(), Some(Action::Look(..))));
    assert_eq!(runs(last(&states)), [true, true]);
    assert_holds(Protocol { look: true, ..protocol });
}

#[test]
fn without_the_memory_of_lost_locks_a_claim_that_was_under_way_runs_a_task_again_that_is_finished() {
    let faults = Faults { disconnects: 1, ..NONE };
    let protocol = Protocol { memory: false, faults, ..lock_claims() };
    let (states, steps) = witness(protocol, AGAIN);
    assert!(matches!(steps.last(), Some(Action::Answer(_))));
    assert_eq!((last(&states).tasks[0].state, last(&states).tasks[0].accepted), (TaskState::Done, 1));
    assert!(runs(last(&states)).contains(&true));
    assert_holds(Protocol { memory: true, ..protocol });
}

#[test]
fn a_process_that_goes_on_under_a_new_identity_loses_a_task_that_it_locks_while_its_old_run_lasts() {
    let faults = Faults { pauses: 1, ..NONE };
    let protocol = Protocol { yield_by_worker: false, faults, ..lock_claims() };
    let (states, steps) = witness(protocol, LOST);
    let Some(Action::Lock(p, task)) = steps.last() else { panic!("{:?}", steps.last()) };
    let process = &last(&states).processes[*p];
    let run = process.runs_of().next().expect("it runs");
    assert_eq!((run.task, last(&states).workers[run.worker].is_dead), (*task, true));
    assert!(process.slots.iter().flatten().any(|claim| claim.stage == Stage::Yields(process.worker)));
    assert_holds(Protocol { yield_by_worker: true, ..protocol });
}

#[test]
fn a_process_that_dies_or_loses_its_locks_before_it_takes_a_list_back_makes_the_task_of_another_run_twice() {
    let dies = Faults { kills: 1, disconnects: 1, ..NONE };
    for faults in [dies, Faults { disconnects: 2, ..NONE }] {
        let protocol = Protocol { list_own_only: false, faults, ..lock_claims() };
        let (states, _) = witness(protocol, AGAIN);
        let leases = |process: &Process| process.runs_of().map(|run| run.lease).collect::<BTreeSet<_>>();
        assert!(last(&states).processes.iter().any(|process| leases(process) == BTreeSet::from([1, 2])));
    }
    assert_holds(Protocol { faults: dies, ..lock_claims() });
}

#[test]
fn a_list_that_outlasts_the_doubt_gives_a_task_to_a_process_that_does_not_know() {
    for faults in [Faults { disconnects: 1, losses: 1, ..NONE }, Faults { disconnects: 1, pauses: 1, ..NONE }]
    {
        let protocol = Protocol { doubt_outlasts_lists: false, faults, ..lock_claims() };
        let (states, steps) = witness(protocol, LOST);
        assert!(matches!(steps.last(), Some(Action::Lock(..) | Action::List(..) | Action::Claim(..))));
        let listed = last(&states).lists[0];
        let lister = &last(&states).processes[last(&states).workers[listed.worker].process];
        assert!(lister.runs_of().next().is_none() && !last(&states).workers[listed.worker].is_dead);
    }
}
