//! Every campaign, with both modes at once: the short form, or with `FANG_FAULTS_FORM=long` the long one, which takes
//! hours. Run by `make faults`.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncQueue, AsyncQueueable, NoTls};
use fang_campaigns::kit;
use fang_campaigns::options::{Modes, Runtime};
use fang_faults::{Campaign, Fault, Ledger, Report};
use fang_test_support::TestDatabase;
use std::process::Command;
use std::time::Duration;

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

/// Runs a crash test of the kit, with inserts of the modes of its worker.
async fn is_clean(
    modes: Modes,
    database: &TestDatabase,
    campaign: impl FnOnce(Campaign) -> Campaign,
) -> Report {
    let queue = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(2).build();
    queue.migrate().await.unwrap();
    let mut number = 0;
    let worker = kit::campaign(env!("CARGO_BIN_EXE_kit-worker"), modes, database.uri());
    let inserts = async |ledger: &Ledger| {
        number += 1;
        let tasks = modes.all().iter().map(|runtime| match runtime {
            Runtime::Asynk => kit::light(number, number % 50),
            Runtime::Blocking => kit::heavy(number, number % 50),
        });
        Ok(ledger.acknowledged(queue.insert_tasks(tasks.collect()).await?)?)
    };
    let report = campaign(worker).run_async(&queue, inserts).await.unwrap();
    println!("{report}");
    report.assert_clean();
    assert_eq!((report.overdue, report.ended_by_themselves, report.without_insert.len()), (0, 0, 0));
    report
}

/// 20 kills, or 500 in the long form.
async fn kills_lose_nothing(modes: Modes) {
    let database = TestDatabase::create().await.unwrap();
    let kills = if form().is_empty() { 500 } else { 20 };
    let report = is_clean(modes, &database, |campaign| campaign.times(kills)).await;
    assert_eq!(report.faults["kill"], kills);
    assert!(report.longest_recovery > Duration::ZERO && report.longest_recovery < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kit_kills_light_workers_and_nothing_is_lost() {
    kills_lose_nothing(Modes::Asynk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kit_kills_heavy_workers_and_nothing_is_lost() {
    kills_lose_nothing(Modes::Blocking).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kit_breaks_workers_in_every_way_and_each_repeat_has_its_cause() {
    let (database, lease) = (TestDatabase::create().await.unwrap(), kit::LEASE);
    let faults =
        [Fault::Kill, Fault::Terminate, Fault::Pause(lease * 2), Fault::Blackhole(lease * 2), Fault::Reset];
    let times = if form().is_empty() { 100 } else { 12 };
    let broken = |campaign: Campaign| {
        campaign.faults(faults).times(times).seed(2).through_proxy(kit::DATABASE, database.uri())
    };
    let report = is_clean(Modes::Both, &database, broken).await;
    assert_eq!(report.faults.len(), faults.len(), "the seed draws each fault");
}
