//! The short form of every campaign, with both modes at once.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

/// Runs a campaign by the command line. Its table shows which figures failed.
fn holds(campaign: &str) {
    holds_with(campaign, &[]);
}

fn holds_with(campaign: &str, more: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_fang-faults"))
        .args([campaign, "--short", "--mode", "both"])
        .args(more)
        .output()
        .unwrap();
    let (table, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{table}");
    assert!(output.status.success(), "{campaign}: {}\n{table}\n{errors}", output.status);
}

#[test]
fn a_killed_worker_loses_nothing() {
    holds("kill");
}

#[test]
fn a_killed_worker_with_lock_claims_loses_nothing() {
    holds_with("kill", &["--hold"]);
}

#[test]
fn a_restarted_server_loses_nothing() {
    holds("restart");
}

#[test]
fn a_restarted_server_with_lock_claims_loses_nothing() {
    holds_with("restart", &["--hold"]);
}

#[test]
fn an_outage_longer_than_the_lease_runs_nothing_again() {
    holds("away");
}

#[test]
fn terminated_connections_lose_nothing() {
    holds("terminate");
}

#[test]
fn terminated_connections_with_lock_claims_lose_nothing() {
    holds_with("terminate", &["--hold"]);
}

#[test]
fn a_paused_worker_gets_no_stale_result_accepted() {
    holds("stop");
}

#[test]
fn a_terminated_worker_ends_cleanly_and_runs_nothing_again() {
    holds("term");
}

#[test]
fn a_task_that_aborts_its_process_harms_no_other() {
    holds("poison");
}

#[test]
fn workers_with_blocked_threads_are_not_declared_dead() {
    holds("block");
}

#[test]
fn an_upgrade_and_its_rollback_lose_nothing() {
    holds("upgrade");
}

#[test]
fn a_network_that_drops_everything_is_noticed_and_loses_nothing() {
    holds("blackhole");
}

#[test]
fn an_answer_lost_after_the_commit_runs_nothing_twice() {
    holds("cut");
}

#[test]
fn racing_producers_never_get_two_tasks_under_one_key() {
    holds("unique");
}

#[test]
fn invalid_rows_harm_no_other_row() {
    holds("fuzz");
}

#[test]
fn a_full_disk_and_a_held_lock_lose_nothing_and_end_no_process() {
    holds("full");
}

#[test]
fn large_payloads_harm_no_other_task_and_are_refused_over_the_cap() {
    holds("payload");
}

#[test]
fn a_herd_of_producers_sends_few_notifications() {
    holds("herd");
}

#[test]
fn a_snapshot_that_stays_open_loses_nothing() {
    holds("snapshot");
}
