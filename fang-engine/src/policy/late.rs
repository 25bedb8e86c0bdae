//! Which results of a batch came too late. A store says only how many.

use fang_core::store::{Finish, Verdict};
use fang_core::{FangTaskState, Task};

/// What the row of a task says of a result that was sent for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was saved.
    Saved,
    /// It came too late.
    Late,
    /// The row would be the same in both cases, or it is not known.
    Unknown,
}

/// What the row says, or `None` if it is gone.
pub fn fate(result: &Finish, row: Option<&Task>) -> Fate {
    let waits_again = result.verdict.delay().is_some();
    match (row, &result.verdict) {
        (None, Verdict::Remove) => Fate::Unknown,
        (None, _) => Fate::Late,
        (Some(_), Verdict::Remove) => Fate::Late,
        // It waited again and was claimed, or was rescued.
        (Some(row), _) if row.lease != result.lease || row.state.is_waiting() => {
            if waits_again {
                Fate::Unknown
            } else {
                Fate::Late
            }
        }
        (Some(row), Verdict::Keep) if row.state == FangTaskState::Finished => Fate::Saved,
        (Some(row), Verdict::Fail { .. }) if row.state == FangTaskState::Failed => Fate::Saved,
        (Some(_), _) => Fate::Late,
    }
}

/// Decides the unknown ones where the number of late results leaves no choice.
pub fn decide_rest(mut fates: Vec<Fate>, late: u64) -> Vec<Fate> {
    let count = |which| fates.iter().filter(|fate| **fate == which).count() as u64;
    let (certain, unknown) = (count(Fate::Late), count(Fate::Unknown));
    let by_number = match late {
        late if late == certain => Fate::Saved,
        late if late == certain + unknown => Fate::Late,
        _ => Fate::Unknown,
    };
    fates.iter_mut().filter(|fate| **fate == Fate::Unknown).for_each(|fate| *fate = by_number);
    fates
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    fn row(state: FangTaskState, lease: i32) -> Task {
        let mut row = Task::new(Uuid::nil(), serde_json::json!({}));
        (row.state, row.lease) = (state, lease);
        row
    }

    fn of(verdict: Verdict, row: Option<&Task>) -> Fate {
        fate(&Finish { id: Uuid::nil(), lease: 1, verdict, keep: None }, row)
    }

    #[test]
    fn a_row_tells_whether_a_result_was_saved() {
        let fail = || Verdict::Fail { error: String::new() };
        let retry = || Verdict::Retry { delay: Duration::ZERO, error: String::new() };
        let (runs, taken) = (row(FangTaskState::InProgress, 1), row(FangTaskState::InProgress, 2));
        let (finished, failed) = (row(FangTaskState::Finished, 1), row(FangTaskState::Failed, 1));
        let waits = row(FangTaskState::Retried, 1);
        assert_eq!(of(Verdict::Keep, Some(&finished)), Fate::Saved);
        assert_eq!(of(fail(), Some(&failed)), Fate::Saved);
        for row in [&runs, &taken, &waits] {
            assert_eq!(of(Verdict::Remove, Some(row)), Fate::Late);
            assert_eq!(of(Verdict::Keep, Some(row)), Fate::Late);
            assert_eq!(of(fail(), Some(row)), Fate::Late);
        }
        assert_eq!((of(Verdict::Keep, None), of(Verdict::Remove, None)), (Fate::Late, Fate::Unknown));
        for row in [&taken, &waits] {
            assert_eq!(of(retry(), Some(row)), Fate::Unknown);
        }
        assert_eq!(of(retry(), Some(&runs)), Fate::Late);
    }

    #[test]
    fn the_number_of_late_results_decides_the_others() {
        use Fate::{Late, Saved, Unknown};
        assert_eq!(decide_rest(vec![Unknown, Late, Unknown], 1), [Saved, Late, Saved]);
        assert_eq!(decide_rest(vec![Unknown, Late, Saved], 2), [Late, Late, Saved]);
        assert_eq!(decide_rest(vec![Unknown, Unknown, Saved], 1), [Unknown, Unknown, Saved]);
    }
}
