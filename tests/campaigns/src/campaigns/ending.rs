//! The end of a campaign: producers stop, workers drain the table, the ledger is checked.

use super::rate;
use super::verdict::{MAX_CRASHES, excuse_killed, judge_ledger};
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::{Process, World};
use fang_faults::{Book, Findings, Strike, check};
use std::time::Duration;

/// The longest that the last insert of a producer may take.
const LAST_INSERT: Duration = Duration::from_secs(60);
/// The longest that the rest of the work may take once all dead processes are declared dead. A task of an unknown
/// kind is claimed again after five minutes at the latest.
const LAST_WORK: Duration = Duration::from_secs(400);

/// Ends the producers.
pub(super) fn stop_producers(mut producers: Vec<Process>) -> Result<(), Failure> {
    producers.iter_mut().for_each(Process::finish);
    for producer in &mut producers {
        let ended = producer.ends_within(LAST_INSERT)?.ok_or("a producer does not end; see producers.log")?;
        if !ended.success() {
            return Err(format!("a producer failed, see producers.log: {ended}").into());
        }
    }
    Ok(())
}

/// Stops the producers, lets the workers drain the table, and checks the ledger.
pub(super) fn drained(
    world: &World,
    options: &Options,
    producers: Vec<Process>,
    strikes: &[Strike],
) -> Result<(Book, Findings, Duration), Failure> {
    stop_producers(producers)?;
    let took = world.drain(options.lease() * 2 + LAST_WORK)?;
    let book = world.book()?;
    let findings = check(&book, strikes);
    Ok((book, findings, took))
}

/// As [`drained`], and adds the figures that every campaign has.
pub(super) fn end(
    world: &World,
    options: &Options,
    producers: Vec<Process>,
    strikes: &[Strike],
    report: &mut Report,
) -> Result<(Book, Findings), Failure> {
    let (book, mut findings, took) = drained(world, options, producers, strikes)?;
    let failed = world.ids("SELECT id FROM fang_tasks WHERE state = 'failed'")?;
    let (failed_by_kills, failed) = excuse_killed(&mut findings, failed, &book, strikes);
    judge_ledger(&findings, report);
    report.judge_none("tasks that failed", &failed);
    if options.lock_claims {
        let held = "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'fang_lock_claims'";
        report.tell("lock-claims", world.number(held)?);
    }
    if failed_by_kills > 0 {
        let what =
            format!("tasks that failed because their process was killed on claim {MAX_CRASHES} or later");
        report.tell(what, failed_by_kills);
    }
    let ends = book.ends();
    let span = (ends.first().copied().unwrap_or_default(), ends.last().copied().unwrap_or_default());
    report.tell("tasks that ended a second, overall", format!("{:.0}", rate::mean(&ends, span.0, span.1)));
    report.tell("time until no task was alive", format!("{:.1} s", took.as_secs_f64()));
    if !report.passed() {
        world.keep();
    }
    Ok((book, findings))
}
