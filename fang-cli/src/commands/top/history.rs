//! What became of tasks, minute by minute.

use chrono::{DateTime, Utc};
use fang_asynk::Admin;
use fang_core::QueueError;
use fang_core::operator::Freshness;
use fang_core::store::{By, Minute, Per};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How far it goes back.
const SPAN: Duration = Duration::from_secs(60 * MINUTES as u64);
const MINUTES: usize = 60;

/// Only after a minute there is another one.
const FRESHNESS: Freshness = Freshness::new(Duration::from_secs(60), Duration::from_secs(3600));

/// A minute of all task types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Point {
    /// The tasks that succeeded.
    pub(super) finished: u64,
    /// The runs that failed, those that are retried too.
    pub(super) failed: u64,
}

/// The minutes of the last hour, the oldest first, without the one that has not ended.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) points: Vec<Point>,
    at: Instant,
    took: Duration,
}

impl History {
    /// Sums the minutes as they come: an hour of them is a long list where there are many task types.
    pub(super) async fn read(admin: &Admin, now: DateTime<Utc>) -> Result<Self, QueueError> {
        let (began, from, mut points) = (Instant::now(), Per::Minute.first(now, SPAN), no_points());
        let add = |minute| {
            add(&mut points, from, &minute);
            ControlFlow::Continue(())
        };
        admin.each_minute(Per::Minute, By::TaskType, SPAN, add).await?;
        Ok(Self { points, at: Instant::now(), took: began.elapsed() })
    }

    /// Whether it need not be read again yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.at.elapsed() < FRESHNESS.after(self.took)
    }
}

fn no_points() -> Vec<Point> {
    vec![Point::default(); MINUTES]
}

/// Adds a minute to its point, if it has one.
fn add(points: &mut [Point], from: DateTime<Utc>, minute: &Minute) {
    let place = usize::try_from((minute.at - from).num_minutes()).ok();
    if let Some(point) = place.and_then(|place| points.get_mut(place)) {
        point.finished += minute.tally.finished;
        point.failed += minute.tally.retried + minute.tally.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use fang_core::store::Counts;

    #[test]
    fn the_types_of_a_minute_are_summed_and_minutes_without_tasks_are_zero() {
        let now = DateTime::from_timestamp(1_800_000_030, 0).unwrap();
        let minute = |ago: i64, task_type: &str, tally: &str| Minute {
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap() - TimeDelta::minutes(ago),
            name: task_type.to_owned(),
            tally: Counts::tally_from_json(tally),
        };
        let minutes = [
            minute(60, "mail", r#"{"finished": 3}"#),
            minute(1, "mail", r#"{"finished": 5, "failed": 1}"#),
            minute(1, "report", r#"{"finished": 7, "retried": 2}"#),
            minute(0, "mail", r#"{"finished": 100}"#),
        ];
        let (from, mut points) = (Per::Minute.first(now, SPAN), no_points());
        minutes.iter().for_each(|minute| add(&mut points, from, minute));
        assert_eq!((points.len(), points[0].finished, points[1].finished), (60, 3, 0));
        assert_eq!(points[59], Point { finished: 12, failed: 3 });
    }
}
