//! What every campaign says about its ledger.

use crate::report::Report;
use fang_faults::{Blow, Book, Findings, Run, Strike};
use std::collections::HashSet;
use uuid::Uuid;

/// The default of `Lease::max_crashes`.
pub(super) const MAX_CRASHES: usize = 3;

/// Adds the rows that every campaign has.
pub(super) fn judge_ledger(findings: &Findings, report: &mut Report) {
    let Findings { acked, unknown, rolled_back, lost, phantom, repeated, overlapping, .. } = findings;
    report
        .tell("inserts acknowledged, rolled back, unanswered", format!("{acked}, {rolled_back}, {unknown}"));
    report.judge_none("acknowledged tasks that never ran to the end", lost);
    report.judge_none("tasks that ran though their insert was rolled back", phantom);
    report.judge_none("tasks that ran again without a fault of their process", repeated);
    report.judge_none("tasks that ran twice at once without a fault of their process", overlapping);
    report.tell("runs that never ended without a fault of their process", findings.given_up);
}

/// Removes tasks from the lost ones that may have failed: their process was killed while they ran, and they had
/// [`MAX_CRASHES`] claims or more without a run that ended, or whose process lived. Claims are counted, not runs, because an
/// earlier kill may have hit a claim whose run had not begun, which the ledger does not record. Returns how many these are,
/// and the ids of all other failed tasks.
pub(super) fn excuse_killed(
    findings: &mut Findings,
    failed: Vec<Uuid>,
    book: &Book,
    strikes: &[Strike],
) -> (usize, Vec<Uuid>) {
    let deaths: HashSet<u32> =
        strikes.iter().filter(|strike| strike.blow == Blow::Kill).map(|strike| strike.pid).collect();
    let (killed, other): (HashSet<Uuid>, HashSet<Uuid>) = failed.into_iter().partition(|id| {
        let runs = book.tasks.get(id).map_or(&[][..], |entry| &entry.runs);
        let was_killed = |run: &Run| run.end.is_none() && deaths.contains(&run.pid);
        let others = runs.iter().filter(|run| !was_killed(run)).count();
        runs.last().is_some_and(|last| {
            let claims = usize::try_from(last.lease).unwrap_or_default();
            was_killed(last) && claims.saturating_sub(others) >= MAX_CRASHES
        })
    });
    findings.lost.retain(|id| !killed.contains(id));
    (killed.len(), other.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_faults::{Entry, Fate, check};

    /// A task with runs: their claim, process and times. Without an end a run never ended.
    fn book(id: Uuid, runs: &[(i32, u32, u64, Option<u64>)]) -> Book {
        let run = |&(lease, pid, start, end): &(i32, u32, u64, Option<u64>)| Run {
            lease,
            attempt: 1,
            pid,
            start,
            end,
            outcome: end.map(|_| fang_faults::Outcome::Done),
        };
        let entry =
            Entry { fate: Some(Fate::Acked), runs: runs.iter().map(run).collect(), ..Entry::default() };
        Book { tasks: [(id, entry)].into(), ..Book::default() }
    }

    #[test]
    fn a_failure_is_explained_by_a_kill_in_the_third_claim_and_in_no_earlier_one() {
        let strikes = [Strike::death(7, 2), Strike::death(9, 82)];
        let id = Uuid::now_v7();
        let excused = |book: &Book, strikes: &[Strike]| {
            let mut findings = check(book, strikes);
            let (by_kills, others) = excuse_killed(&mut findings, vec![id], book, strikes);
            (by_kills, others.len(), findings.lost.len())
        };
        // The second claim was in a process that was killed before it began to run.
        let third = book(id, &[(1, 7, 1, None), (3, 9, 81, None)]);
        assert_eq!(excused(&third, &strikes[..1]), (0, 1, 1));
        assert_eq!(excused(&third, &strikes), (1, 0, 0));
        let second = book(id, &[(1, 7, 1, None), (2, 9, 81, None)]);
        assert_eq!(excused(&second, &strikes), (0, 1, 1));
        let ended = book(id, &[(1, 7, 1, None), (3, 9, 81, Some(82))]);
        assert_eq!(excused(&ended, &strikes), (0, 1, 0));
    }
}
