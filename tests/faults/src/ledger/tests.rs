use super::{Book, Fate, Findings, Pen, Strike, check};
use crate::clock;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

const SECOND: u64 = 1_000_000;
const MINE: u32 = 7;
const OTHER: u32 = 8;

/// A ledger of one task, written by a test.
struct Page {
    id: Uuid,
    text: Vec<String>,
}

impl Page {
    fn new(fate: &str) -> Self {
        let id = Uuid::now_v7();
        Self { id, text: vec![format!("{fate} {} 0", id.simple())] }
    }

    /// Adds a run, in seconds. Without an end it never ended.
    fn run(mut self, lease: i32, pid: u32, start: u64, end: Option<u64>) -> Self {
        let id = self.id.simple();
        self.text.push(format!("start {id} {lease} {pid} {}", start * SECOND));
        self.text.extend(end.map(|end| format!("end {id} {lease} {pid} {}", end * SECOND)));
        self
    }

    fn read(&self) -> Book {
        let folder = Folder::new();
        std::fs::write(folder.0.join(super::RUNS), self.text.join("\n")).unwrap();
        Book::read(&folder.0).unwrap()
    }

    fn check(&self, strikes: &[Strike]) -> Findings {
        check(&self.read(), strikes)
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("fang-ledger-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn killed(pid: u32, second: u64) -> Strike {
    Strike::death(pid, second * SECOND)
}

#[test]
fn an_acknowledged_task_that_never_ended_is_lost() {
    assert_eq!(Page::new("acked").check(&[]).lost.len(), 1);
    assert_eq!(Page::new("acked").run(1, MINE, 1, None).check(&[killed(MINE, 2)]).lost.len(), 1);
    assert!(Page::new("acked").run(1, MINE, 1, Some(2)).check(&[]).lost.is_empty());
    assert!(Page::new("want").check(&[]).lost.is_empty());
}

#[test]
fn a_rolled_back_task_that_began_is_a_phantom() {
    assert_eq!(Page::new("rolled-back").run(1, MINE, 1, None).check(&[]).phantom.len(), 1);
    assert!(Page::new("rolled-back").check(&[]).phantom.is_empty());
}

#[test]
fn a_second_end_is_explained_by_a_kill_just_after_the_first_and_by_nothing_else() {
    let twice = Page::new("acked").run(1, MINE, 10, Some(11)).run(2, OTHER, 40, Some(41));
    let explained = twice.check(&[killed(MINE, 12)]);
    assert_eq!((explained.repeated.len(), explained.repeated_after_strike), (0, 1));
    for strike in [killed(MINE, 5), killed(MINE, 30), killed(OTHER, 12)] {
        assert_eq!(twice.check(&[strike]).repeated.len(), 1, "{strike:?}");
    }
    assert_eq!(twice.check(&[]).repeated.len(), 1);
}

#[test]
fn a_failure_is_explained_by_a_kill_in_the_third_claim_and_in_no_earlier_one() {
    let strikes = [killed(MINE, 2), killed(9, 82)];
    // The second claim was in a process that was killed before it began to run.
    let page = Page::new("acked").run(1, MINE, 1, None).run(3, 9, 81, None);
    let (book, mut findings) = (page.read(), page.check(&strikes));
    assert_eq!(findings.fail(vec![page.id], &book, &strikes[..1]), [page.id]);
    assert_eq!((findings.lost.len(), findings.failed_by_kills), (1, 0));
    assert!(findings.fail(vec![page.id], &book, &strikes).is_empty());
    assert_eq!((findings.lost.len(), findings.failed_by_kills), (0, 1));

    let early = Page::new("acked").run(1, MINE, 1, None).run(2, 9, 81, None);
    let (book, mut findings) = (early.read(), early.check(&strikes));
    assert_eq!(findings.fail(vec![early.id], &book, &strikes), [early.id]);
    let ended = Page::new("acked").run(1, MINE, 1, None).run(3, 9, 81, Some(82));
    let (book, mut findings) = (ended.read(), ended.check(&strikes));
    assert_eq!(findings.fail(vec![ended.id], &book, &strikes), [ended.id]);
}

#[test]
fn two_runs_at_once_are_explained_by_a_pause_and_need_none_after_a_kill_of_the_first() {
    let at_once = Page::new("acked").run(1, MINE, 10, Some(80)).run(2, OTHER, 50, Some(51));
    assert_eq!(at_once.check(&[]).overlapping.len(), 1);
    let pause = Strike { pid: MINE, from: 12 * SECOND, to: 79 * SECOND, fatal: false };
    let explained = at_once.check(&[pause]);
    assert_eq!((explained.overlapping.len(), explained.overlapping_after_strike.len()), (0, 1));
    let after_a_kill = Page::new("acked").run(1, MINE, 10, None).run(2, OTHER, 50, Some(51));
    let findings = after_a_kill.check(&[killed(MINE, 12)]);
    assert_eq!((findings.overlapping.len(), findings.overlapping_after_strike.len()), (0, 0));
}

#[test]
fn a_book_reads_what_pens_wrote() {
    let folder = Folder::new();
    let (runs, inserts) =
        (Pen::open(&folder.0, super::RUNS).unwrap(), Pen::open(&folder.0, super::INSERTS).unwrap());
    let ids = [Uuid::now_v7(), Uuid::now_v7()];
    inserts.inserts("want", &ids).unwrap();
    inserts.inserts("acked", &ids[..1]).unwrap();
    let before = clock::now();
    runs.run("start", ids[0], 3).unwrap();
    runs.run("end", ids[0], 3).unwrap();
    runs.down(fang::Shutdown { late_results: 5, ..fang::Shutdown::default() }).unwrap();
    let book = Book::read(&folder.0).unwrap();
    let run = book.tasks[&ids[0]].runs[0];
    assert_eq!((book.tasks[&ids[0]].fate, book.tasks[&ids[1]].fate), (Fate::Acked, Fate::Unknown));
    assert!(run.lease == 3 && run.start >= before && run.end.unwrap() >= run.start);
    assert_eq!(book.down[&std::process::id()].late_results, 5);
}

#[test]
fn a_line_of_an_unknown_form_is_an_error_that_shows_it() {
    let folder = Folder::new();
    std::fs::write(folder.0.join(super::RUNS), "start with nonsense\n").unwrap();
    assert!(Book::read(&folder.0).unwrap_err().to_string().contains("nonsense"));
}
