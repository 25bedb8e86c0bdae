use super::{Blow, Findings, Overlap, Repeat, Strike, Strikes, check};
use crate::check::Cause;
use crate::{Book, Fate, Ledger, Outcome};
use fang::blocking::MemoryQueue;
use fang::{Mode, NewTask};
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

const SECOND: u64 = 1_000_000;
const MINE: u32 = 7;
const OTHER: u32 = 8;

/// A ledger of one task, written by a test.
struct Page {
    id: Uuid,
    text: String,
}

impl Page {
    fn new(fate: &str) -> Self {
        let id = Uuid::from_u128(7);
        Self { id, text: format!("\n{fate} {} 0 ;", id.simple()) }
    }

    /// Adds a run, in seconds. Without an end it never ended.
    fn run(self, lease: i32, pid: u32, start: u64, end: Option<u64>) -> Self {
        self.run_to(lease, pid, start, end.map(|end| (end, "done")))
    }

    fn run_to(mut self, lease: i32, pid: u32, start: u64, end: Option<(u64, &str)>) -> Self {
        let id = self.id.simple();
        self.text += &format!("\nstart {id} {lease} 1 {pid} {} a kind ;", start * SECOND);
        if let Some((end, outcome)) = end {
            self.text += &format!("\nend {id} {lease} {pid} {} {outcome} ;", end * SECOND);
        }
        self
    }

    fn read(&self) -> Book {
        let file = Temporary::new();
        std::fs::write(&file.0, &self.text).unwrap();
        Book::read(&file.0).unwrap()
    }

    fn check(&self, strikes: &[Strike]) -> Findings {
        check(&self.read(), strikes)
    }

    fn overlaps(&self, strikes: &[Strike]) -> Vec<Cause> {
        Overlap::all(&self.read(), &Strikes::new(strikes)).iter().map(|overlap| overlap.cause).collect()
    }

    fn causes(&self, strikes: &[Strike]) -> Vec<Cause> {
        let repeats = Repeat::all(&self.read(), &Strikes::new(strikes));
        repeats.into_iter().flat_map(|repeat| repeat.causes).collect()
    }
}

/// A path for a file that is removed in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("fang-ledger-{}-{number}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A row that an insert returned.
fn task(id: u128) -> fang_core::Task {
    let task = NewTask::new(r#"{"type":"a kind\nwith blanks"}"#.into(), "common".into(), Mode::Blocking);
    MemoryQueue::new().insert(task.with_id(Uuid::from_u128(id))).unwrap()
}

fn killed(pid: u32, second: u64) -> Strike {
    Strike::death(pid, second * SECOND)
}

fn paused(pid: u32, from: u64, to: u64) -> Strike {
    Strike::silence(pid, from * SECOND, to * SECOND)
}

#[test]
fn an_acknowledged_task_that_never_ended_is_lost() {
    assert_eq!(Page::new("acked").check(&[]).lost.len(), 1);
    assert_eq!(Page::new("acked").run(1, MINE, 1, None).check(&[killed(MINE, 2)]).lost.len(), 1);
    assert_eq!(Page::new("acked").run_to(1, MINE, 1, Some((2, "failed"))).check(&[]).lost.len(), 1);
    assert!(Page::new("acked").run(1, MINE, 1, Some(2)).check(&[]).lost.is_empty());
    assert!(Page::new("want").check(&[]).lost.is_empty());
}

#[test]
fn a_rolled_back_task_that_began_is_a_phantom_and_one_without_an_insert_is_named() {
    assert_eq!(Page::new("rolled-back").run(1, MINE, 1, None).check(&[]).phantom.len(), 1);
    assert!(Page::new("rolled-back").check(&[]).phantom.is_empty());
    assert_eq!(Page::new("may-fail").run(1, MINE, 1, Some(2)).check(&[]).without_insert.len(), 1);
    assert!(Page::new("want").run(1, MINE, 1, Some(2)).check(&[]).without_insert.is_empty());
}

#[test]
fn a_second_end_is_explained_by_a_kill_just_after_the_first_and_by_nothing_else() {
    let twice = Page::new("acked").run(1, MINE, 10, Some(11)).run(2, OTHER, 40, Some(41));
    let explained = twice.check(&[killed(MINE, 12)]);
    assert_eq!((explained.repeated.len(), explained.repeated_after_strike), (0, 1));
    assert_eq!(twice.causes(&[killed(MINE, 12)]), [Cause::Killed]);
    let ended = Strike { blow: Blow::Terminate, ..killed(MINE, 12) };
    // The last one is after the second run, which therefore was not its effect.
    for strike in [killed(MINE, 5), killed(MINE, 13), killed(OTHER, 12), ended, killed(OTHER, 42)] {
        assert_eq!(twice.check(&[strike]).repeated.len(), 1, "{strike:?}");
        assert_eq!(twice.causes(&[strike]), [Cause::Unexplained], "{strike:?}");
    }
    assert_eq!(twice.check(&[]).repeated.len(), 1);
}

#[test]
fn a_kill_explains_no_run_that_began_before_it() {
    let at_once = Page::new("acked").run(1, MINE, 10, Some(11)).run(2, OTHER, 11, Some(11));
    let unended = Page::new("acked").run(1, MINE, 10, None).run(2, OTHER, 11, Some(11));
    let ended = Strike { blow: Blow::Terminate, ..killed(MINE, 12) };
    for (page, strike) in [(&at_once, killed(MINE, 12)), (&unended, killed(MINE, 12)), (&unended, ended)] {
        assert_eq!(page.causes(&[strike]), [Cause::Unexplained], "{strike:?}");
    }
    let findings = at_once.check(&[killed(MINE, 12)]);
    assert_eq!((findings.repeated.len(), findings.repeated_after_strike), (1, 0));
    // The pause made it run again, and the kill came later.
    let both = [paused(MINE, 10, 11), killed(MINE, 12)];
    assert_eq!(
        (unended.causes(&both), unended.check(&both).longest_recovery.as_secs()),
        (vec![Cause::Fenced], 0)
    );
    // The pause was over long before the kill, which alone is the reason.
    let late = Page::new("acked").run(1, MINE, 10, None).run(2, OTHER, 50, Some(51));
    let both = [paused(MINE, 12, 13), killed(MINE, 20)];
    assert_eq!((late.causes(&both), late.check(&both).longest_recovery.as_secs()), (vec![Cause::Killed], 30));
}

#[test]
fn a_kill_explains_no_two_runs_at_once_and_a_shutdown_only_if_the_first_did_not_end() {
    let ended = |pid| Strike { pid, blow: Blow::Terminate, ..paused(MINE, 12, 90) };
    let done = Page::new("acked").run(1, MINE, 10, Some(20)).run(2, OTHER, 15, Some(19));
    for strike in [killed(MINE, 20), killed(OTHER, 20), ended(MINE), ended(OTHER), paused(MINE, 16, 18)] {
        assert_eq!(done.overlaps(&[strike]), [Cause::Unexplained], "{strike:?}");
        assert_eq!(done.check(&[strike]).overlapping.len(), 1, "{strike:?}");
    }
    let failed = Page::new("acked").run_to(1, MINE, 10, Some((20, "failed"))).run(2, OTHER, 15, Some(19));
    assert_eq!(failed.overlaps(&[ended(MINE)]), [Cause::Unexplained]);
    // Its process was paused between the claim and the run.
    assert_eq!(done.overlaps(&[paused(OTHER, 9, 14)]), [Cause::Fenced]);
    let unended = Page::new("acked").run(1, MINE, 10, None).run(2, OTHER, 15, Some(19));
    assert_eq!(unended.overlaps(&[ended(MINE)]), [Cause::GivenBack]);
    assert_eq!(unended.overlaps(&[killed(MINE, 20)]), [Cause::Unexplained]);
}

#[test]
fn each_way_to_run_again_has_its_cause() {
    let then = |outcome: Option<&str>| {
        let end = outcome.map(|outcome| (11, outcome));
        Page::new("acked").run_to(1, MINE, 10, end).run(2, OTHER, 90, Some(91))
    };
    let terminated = Strike { blow: Blow::Terminate, ..paused(MINE, 11, 12) };
    let cases = [
        (Some("failed"), vec![], Cause::Failed),
        (Some("panicked"), vec![], Cause::Failed),
        (Some("snoozed"), vec![], Cause::Snoozed),
        (Some("dropped"), vec![], Cause::Dropped),
        (Some("dropped"), vec![terminated], Cause::GivenBack),
        (None, vec![terminated], Cause::GivenBack),
        (None, vec![killed(MINE, 20)], Cause::Killed),
        (Some("done"), vec![paused(MINE, 11, 80)], Cause::Fenced),
        (None, vec![], Cause::Unexplained),
    ];
    for (outcome, strikes, cause) in cases {
        assert_eq!(then(outcome).causes(&strikes), [cause], "{outcome:?} {strikes:?}");
    }
}

#[test]
fn two_runs_at_once_are_explained_by_a_pause_and_need_none_after_a_kill_of_the_first() {
    let at_once = Page::new("acked").run(1, MINE, 10, Some(80)).run(2, OTHER, 50, Some(51));
    assert_eq!(at_once.check(&[]).overlapping.len(), 1);
    let pause = paused(MINE, 12, 79);
    let explained = at_once.check(&[pause]);
    assert_eq!((explained.overlapping.len(), explained.overlapping_after_strike.len()), (0, 1));
    let overlaps = Overlap::all(&at_once.read(), &Strikes::new(&[pause]));
    assert_eq!((overlaps.len(), overlaps[0].pids, overlaps[0].cause), (1, [MINE, OTHER], Cause::Fenced));
    let after_a_kill = Page::new("acked").run(1, MINE, 10, None).run(2, OTHER, 50, Some(51));
    let findings = after_a_kill.check(&[killed(MINE, 12)]);
    assert_eq!((findings.overlapping.len(), findings.overlapping_after_strike.len()), (0, 0));
    assert_eq!(findings.longest_recovery.as_secs(), 38);
}

#[test]
fn a_claim_that_begins_after_the_next_one_is_explained_by_a_silence_before_that_and_by_nothing_else() {
    let page = Page::new("acked").run(2, OTHER, 20, Some(21)).run(1, MINE, 40, Some(41));
    for (strikes, cause, repeated) in [
        (vec![paused(MINE, 10, 15)], Cause::Fenced, 0),
        (vec![paused(MINE, 10, 14)], Cause::Unexplained, 1),
        (vec![paused(MINE, 21, 34)], Cause::Unexplained, 1),
        (vec![paused(OTHER, 5, 10)], Cause::Unexplained, 1),
        (vec![killed(OTHER, 19)], Cause::Unexplained, 1),
        (vec![], Cause::Unexplained, 1),
    ] {
        assert_eq!(page.causes(&strikes), [cause], "{strikes:?}");
        assert_eq!(page.check(&strikes).repeated.len(), repeated, "{strikes:?}");
    }
}

#[test]
fn a_book_reads_what_ledgers_wrote_and_leaves_torn_lines_out() {
    let file = Temporary::new();
    let ledger = Ledger::open(&file.0).unwrap();
    let ids = [1, 2, 3].map(Uuid::from_u128);
    ledger.wanted(ids).unwrap();
    let mut torn = std::fs::OpenOptions::new().append(true).open(&file.0).unwrap();
    std::io::Write::write_all(&mut torn, b"\nacked 00000").unwrap();
    ledger.acknowledged([ids[0]]).unwrap();
    ledger.acknowledged([&task(4)]).unwrap();
    ledger.rolled_back([ids[1]]).unwrap();
    ledger.may_fail([ids[2]]).unwrap();
    ledger.may_be_removed([ids[1]]).unwrap();
    let book = Book::read(&file.0).unwrap();
    let fates = ids.map(|id| book.tasks[&id].fate);
    assert_eq!(fates, [Some(Fate::Acked), Some(Fate::RolledBack), Some(Fate::Unknown)]);
    assert_eq!((book.torn, book.tasks.len()), (1, 4));
    let excuses = ids.map(|id| (book.tasks[&id].may_fail, book.tasks[&id].may_be_removed));
    assert_eq!(excuses, [(false, false), (false, true), (true, false)]);
    assert_eq!(book.tasks[&Uuid::from_u128(4)].kind, "a kind?with blanks");
}

#[test]
fn a_whole_line_of_an_unknown_form_is_an_error_that_shows_it() {
    let file = Temporary::new();
    std::fs::write(&file.0, "\nstart with nonsense ;").unwrap();
    assert!(Book::read(&file.0).unwrap_err().to_string().contains("nonsense"));
}

#[test]
fn a_ledger_that_is_not_there_records_nothing_and_one_that_cannot_be_opened_says_so() {
    assert!(Ledger::default().acknowledged([Uuid::nil()]).is_ok());
    let error = Ledger::open("/nowhere/ledger").unwrap_err().to_string();
    assert!(error.contains("/nowhere/ledger"), "{error}");
}

proptest! {
    /// The book of a ledger that ends anywhere: each whole line counts, and what is left of the last one does not.
    #[test]
    fn a_ledger_that_was_cut_anywhere_loses_only_its_last_line(
        runs in proptest::collection::vec((1..5_i32, 0..9_u64, proptest::option::of(0..6_usize)), 1..20),
        cut in 0..2000_usize,
    ) {
        let names = ["done", "failed", "panicked", "dropped", "snoozed", "cancelled"];
        let page = runs.iter().fold(Page::new("acked"), |page, (lease, start, outcome)| {
            page.run_to(*lease, MINE, *start, outcome.map(|outcome| (start + 1, names[outcome])))
        });
        let text = &page.text[..page.text.len() - cut % page.text.len()];
        let whole = text.split('\n').filter(|line| line.ends_with(" ;"));
        let starts = whole.clone().filter(|line| line.starts_with("start")).count();
        let dones = whole.filter(|line| line.ends_with("done ;")).count();
        let book = Page { id: page.id, text: text.to_owned() }.read();
        prop_assert_eq!(book.runs().count(), starts);
        prop_assert_eq!(book.ends().len(), dones);
        let outcomes = book.runs().filter(|(_, run)| run.outcome == Some(Outcome::Done)).count();
        prop_assert_eq!(outcomes, dones);
    }
}
