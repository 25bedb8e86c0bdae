//! Changes of all tasks that match a filter: the count first, then batch by batch.

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::filter::Which;
use crate::interrupt::interrupt;
use crate::progress::Bar;
use crate::repeat;
use clap::Args;
use fang_core::QueueError;
use fang_core::error::Nature;
use fang_core::operator::{Reach, Steer, Wanted};
use fang_core::store::{Changes, Filter, Matching, Progress};
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};
use std::pin::pin;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How all tasks that match are changed.
#[derive(Args, Clone, Copy)]
#[command(next_help_heading = "Filter")]
pub(crate) struct How {
    /// Do not ask before all tasks that match the filter are changed.
    #[arg(long)]
    yes: bool,
    /// Change them as fast as the database can, in batches of 1,000 without a pause. Other tasks then begin later. By
    /// default, batches of 100 with pauses change some 5,000 tasks a second, and other tasks do not wait.
    #[arg(long)]
    full_speed: bool,
}

/// Counts the tasks, asks, and changes them.
pub(crate) async fn change(
    database: &Database,
    which: &Which,
    how: How,
    steer: &Steer,
) -> Result<Answer, Failure> {
    let states = states(which, steer)?;
    // What is inserted or changes between the question and its answer is left alone.
    let unchanged_since = Some(database.admin.now().await?);
    let filter = |state| Filter { unchanged_since, ..which.filter_in(state) };
    let filters: Vec<_> = states.into_iter().map(filter).collect();
    let count = count(database, &filters).await?;
    if count.tasks == 0 && !count.is_cut {
        return told(steer, Progress::default());
    }
    if !how.yes {
        ask(&would_be(count, steer.done))?;
    }
    let changes = filters.into_iter().map(|filter| Changes::new(filter, steer.change));
    let changes = changes.map(|changes| if how.full_speed { changes } else { changes.gently() });
    told(steer, batches(database, changes.collect(), count, steer).await?)
}

/// Changes them, and stops between two batches, or in a pause, if it is interrupted.
async fn batches(
    database: &Database,
    all: Vec<Changes>,
    count: Matching,
    steer: &Steer,
) -> Result<Progress, Failure> {
    let bar = if count.is_cut { Bar::of_share() } else { Bar::new(Some(count.tasks)) };
    let mut reach = Reach::new(newest(database).await?, all.len());
    let mut stop = pin!(interrupt());
    let mut before = Progress::default();
    let mut rest = Duration::ZERO;
    for (place, mut changes) in all.into_iter().enumerate() {
        while !changes.progress().is_done {
            tokio::select! {
                biased;
                () = &mut stop => return Err(cut_short("interrupted", steer, sum(before, changes.progress()))),
                () = pause(rest) => {}
            }
            let began = Instant::now();
            if let Err(error) = database.admin.change_batch(&mut changes).await {
                return Err(stopped(error, steer, sum(before, changes.progress())));
            }
            rest = changes.pause_after(began.elapsed());
            let (share, matched) = (reach.look(place, &changes), sum(before, changes.progress()).matched);
            if count.is_cut { bar.set_share(share, matched) } else { bar.set(matched) }
        }
        before = sum(before, changes.progress());
    }
    Ok(before)
}

/// The id of the newest task.
async fn newest(database: &Database) -> Result<Option<Uuid>, Failure> {
    let newest = Filter { limit: 1, without_payload: true, ..Filter::default() };
    Ok(database.admin.list(&newest).await?.first().map(|task| task.id))
}

/// Waits, if there is anything to wait for: the shortest sleep is a millisecond.
async fn pause(span: Duration) {
    if !span.is_zero() {
        tokio::time::sleep(span).await;
    }
}

fn sum(before: Progress, now: Progress) -> Progress {
    Progress { matched: before.matched + now.matched, changed: before.changed + now.changed, ..now }
}

/// The states to walk through.
fn states(which: &Which, steer: &Steer) -> Result<Vec<Wanted>, Failure> {
    let (done, rule) = (steer.done, steer.rule);
    let unfit = || format!("no task in this state can be {done}: {rule}; nothing was changed");
    steer.states(which.state).ok_or_else(|| Failure::new(unfit()))
}

async fn count(database: &Database, filters: &[Filter]) -> Result<Matching, Failure> {
    let mut sum = Matching::default();
    for filter in filters {
        let part = database.admin.count_matching(filter).await?;
        sum.tasks += part.tasks;
        sum.looked += part.looked;
        sum.is_cut |= part.is_cut;
    }
    Ok(sum)
}

/// The question about so many tasks. If the count was cut, there may be more.
fn would_be(count: Matching, done: &str) -> String {
    let Matching { tasks, looked, is_cut, .. } = count;
    match is_cut {
        false => format!("{} would be {done}", number(tasks)),
        true => format!(
            "at least {tasks} of the first {looked} tasks looked at would be {done}, and all others that match"
        ),
    }
}

fn number(tasks: u64) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") }
}

fn were(tasks: u64) -> &'static str {
    if tasks == 1 { "was" } else { "were" }
}

fn told(steer: &Steer, progress: Progress) -> Result<Answer, Failure> {
    let Progress { matched, changed, .. } = progress;
    let left = matched - changed;
    let mut plain = format!("{} {} {}", number(changed), were(changed), steer.done);
    if left > 0 {
        plain += &format!("; {left} {} left alone: locked, just changed, or with a duplicate", were(left));
    }
    Answer::new(json!({ "change": steer.done, "changed": changed, "left_alone": left }), plain)
}

/// The line of an error. Where nothing was changed, and the same would be refused again, there is nothing to go on
/// with.
fn stopped(error: QueueError, steer: &Steer, sum: Progress) -> Failure {
    let is_final = matches!(&error, QueueError::Store(error) if error.nature() == Nature::Final);
    let why = Failure::from(error);
    match sum.changed {
        0 if is_final => Failure::new(format!("{why}; nothing was changed")),
        _ => cut_short(&why.to_string(), steer, sum),
    }
}

/// The line after which a change may be repeated.
fn cut_short(why: &str, steer: &Steer, sum: Progress) -> Failure {
    let (changed, were, done, same) = (number(sum.changed), were(sum.changed), steer.done, repeat::same());
    Failure::new(format!(
        "{why}; {changed} {were} {done} before, and maybe those of the last batch; to go on, run it again: {same}"
    ))
}

/// Asks whether to go on.
fn ask(would_be: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(format!(
            "{would_be}; there is no terminal to ask at: add --yes; nothing was changed"
        )));
    }
    let mut question = std::io::stderr().lock();
    // Without the question there is no answer either.
    let _ = write!(question, "{would_be}. Go on? [y/N] ").and_then(|()| question.flush());
    let mut answer = String::new();
    match std::io::stdin().lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::new("not confirmed; nothing was changed")),
    }
}
