//! Looks again and again, apart from drawing, so that a slow server never delays a key.

use super::looks::{Focus, Looks, Seen};
use crate::failure::Failure;
use fang_core::operator::Freshness;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;

/// What is wanted. The number changes if the same is to be looked at anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) focus: Focus,
    pub(super) number: u64,
}

/// What comes back to the dashboard.
pub(super) enum Report {
    /// A look has begun.
    Looking,
    /// A look has ended.
    Saw(Focus, Box<Result<Seen, Failure>>),
    /// An action has ended.
    Did(Result<String, Failure>),
}

/// A key that is kept down walks through the tabs faster than it makes looks.
const LEAST_REST: Duration = Duration::from_millis(100);
/// Failed tasks may be rare among many that finished, so a look for them may take long. It comes once a minute at least.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Looks at what is wanted, at once if that changes, until the dashboard is gone.
pub(super) async fn run(
    mut looks: Looks,
    interval: Duration,
    mut wanted: Receiver<Wanted>,
    reports: Sender<Report>,
) {
    loop {
        let now = wanted.borrow_and_update().clone();
        if reports.send(Report::Looking).await.is_err() {
            return;
        }
        let began = Instant::now();
        let Some(seen) = unless_changed(&mut wanted, looks.look(&now)).await else {
            if wanted.has_changed().is_err() {
                return;
            }
            tokio::time::sleep(LEAST_REST).await;
            continue;
        };
        let rest = rest(&seen, began.elapsed(), interval);
        if reports.send(Report::Saw(now.focus, Box::new(seen))).await.is_err() {
            return;
        }
        tokio::time::sleep(LEAST_REST).await;
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(rest.saturating_sub(LEAST_REST)) => {}
        }
    }
}

/// What the look saw. `None` if something else is wanted before it has ended: a slow one must not delay what is on the screen now.
async fn unless_changed<T>(wanted: &mut Receiver<Wanted>, look: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        seen = look => Some(seen),
        _ = wanted.changed() => None,
    }
}

/// How long nothing is asked after a look that took so long.
fn rest(seen: &Result<Seen, Failure>, took: Duration, interval: Duration) -> Duration {
    match seen {
        Ok(Seen::Failed { .. }) => Freshness::new(interval, LONGEST_REST).after(took),
        Ok(Seen::Task(task)) if !task.is_alive() => interval.max(LONGEST_REST),
        _ => interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[tokio::test]
    async fn a_look_ends_when_something_else_is_wanted() {
        let (wants, mut wanted) =
            tokio::sync::watch::channel(super::Wanted { focus: Focus::Overview, number: 0 });
        assert_eq!(unless_changed(&mut wanted, std::future::ready(7)).await, Some(7));
        let looking = tokio::spawn(async move {
            let seen = unless_changed(&mut wanted, std::future::pending::<u8>()).await;
            (seen, wanted.borrow().focus.clone())
        });
        wants.send_modify(|wanted| wanted.focus = Focus::Types);
        assert_eq!(looking.await.unwrap(), (None, Focus::Types));
    }

    #[test]
    fn looks_that_take_long_are_rare_and_those_after_an_error_are_not() {
        let second = Duration::from_secs(1);
        let failed = || Ok(Seen::Failed { tasks: vec![], is_all: true, now: DateTime::UNIX_EPOCH });
        assert_eq!(rest(&failed(), second / 100, second * 2), second * 2);
        assert_eq!(rest(&failed(), second / 2, second * 2), second * 25);
        assert_eq!(rest(&failed(), second * 9, second * 2), second * 60);
        assert_eq!(rest(&Err(Failure::new("away")), second * 9, second * 2), second * 2);
        assert_eq!(rest(&Ok(Seen::Types(vec![], second)), second * 9, second * 2), second * 2);
    }
}
