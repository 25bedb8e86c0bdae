//! Every campaign, with both modes at once: the short form, or with `FANG_FAULTS_FORM=long` the long one, which takes
//! hours. Run by `make faults`.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

/// Runs a campaign by the command line. Its table shows which figures failed.
fn passes(campaign: &str) {
    passes_with(campaign, &[]);
}

/// The argument for the form that was asked for.
fn form() -> &'static [&'static str] {
    match std::env::var("FANG_FAULTS_FORM").as_deref() {
        Ok("long") => &[],
        _ => &["--short"],
    }
}

fn passes_with(campaign: &str, more: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_fang-campaigns"))
        .args([campaign, "--mode", "both"])
        .args(form())
        .args(more)
        .output()
        .unwrap();
    let (table, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{table}");
    assert!(output.status.success(), "{campaign}: {}\n{table}\n{errors}", output.status);
}

#[test]
fn a_killed_worker_loses_nothing() {
    passes("kill");
}

#[test]
fn a_killed_worker_with_lock_claims_loses_nothing() {
    passes_with("kill", &["--lock-claims"]);
}

#[test]
fn a_restarted_server_loses_nothing() {
    passes("restart");
}

#[test]
fn a_restarted_server_with_lock_claims_loses_nothing() {
    passes_with("restart", &["--lock-claims"]);
}

#[test]
fn an_outage_longer_than_the_lease_runs_nothing_again() {
    passes("away");
}

#[test]
fn terminated_connections_lose_nothing() {
    passes("terminate");
}

#[test]
fn terminated_connections_with_lock_claims_lose_nothing() {
    passes_with("terminate", &["--lock-claims"]);
}

#[test]
fn a_paused_worker_gets_no_stale_result_accepted() {
    passes("stop");
}

#[test]
fn a_terminated_worker_ends_cleanly_and_runs_nothing_again() {
    passes("term");
}

#[test]
fn a_task_that_aborts_its_process_harms_no_other() {
    passes("poison");
}

#[test]
fn workers_with_blocked_threads_are_not_declared_dead() {
    passes("block");
}

#[test]
fn an_upgrade_and_its_rollback_lose_nothing() {
    passes("upgrade");
}

#[test]
fn a_network_that_drops_everything_is_noticed_and_loses_nothing() {
    passes("blackhole");
}

#[test]
fn an_answer_lost_after_the_commit_runs_nothing_twice() {
    passes("cut");
}

#[test]
fn racing_producers_never_get_two_tasks_under_one_key() {
    passes("unique");
}

#[test]
fn invalid_rows_harm_no_other_row() {
    passes("fuzz");
}

#[test]
fn a_full_disk_and_a_held_lock_lose_nothing_and_end_no_process() {
    passes("full");
}

#[test]
fn large_payloads_harm_no_other_task_and_are_refused_over_the_cap() {
    passes("payload");
}

#[test]
fn a_herd_of_producers_sends_few_notifications() {
    passes("herd");
}

#[test]
fn a_snapshot_that_stays_open_loses_nothing() {
    passes("snapshot");
}
