//! What all pools counted over minutes and days.

use chrono::{DateTime, Utc};
use fang_core::QueueError;
use fang_core::operator::offered;
use fang_core::store::{Minute, Rate, Tally, WorkerInfo};
use fang_engine::handle::Admin;
use std::collections::BTreeMap;
use std::time::Duration;

/// How far a history goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Window {
    #[default]
    Hour,
    SixHours,
    Day,
    ThreeDays,
}

/// A history has at most so many rows of minutes: one for each minute and task type.
const MAX_ROWS: u64 = 100_000;

impl Window {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::SixHours, Self::Day, Self::ThreeDays];

    /// The word in addresses and on pages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "1d",
            Self::ThreeDays => "3d",
        }
    }

    pub(crate) fn read(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|window| Some(window.word()) == word).unwrap_or_default()
    }

    fn minutes(self) -> u64 {
        match self {
            Self::Hour => 60,
            Self::SixHours => 6 * 60,
            Self::Day => 24 * 60,
            Self::ThreeDays => 3 * 24 * 60,
        }
    }

    /// How long a history is told again.
    pub(crate) fn fresh_for(self) -> Duration {
        Duration::from_secs((self.minutes() / 6).clamp(10, 300))
    }

    /// The longest window up to this one that has no more rows than are read at once.
    pub(crate) fn within(self, types: usize) -> Self {
        let fits =
            |window: &Self| window.minutes() <= self.minutes() && window.minutes() * types as u64 <= MAX_ROWS;
        Self::ALL.into_iter().rfind(fits).unwrap_or_default()
    }

    /// The minutes of a point, for 60 to 72 points.
    fn step(self) -> u64 {
        self.minutes().div_ceil(72)
    }
}

/// A point of a line: rates a second, and how long runs took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) started: f64,
    pub(crate) failed: f64,
    pub(crate) p50: Option<Duration>,
    pub(crate) p95: Option<Duration>,
    pub(crate) p99: Option<Duration>,
}

/// The rates over a window.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) window: Window,
    pub(crate) from: DateTime<Utc>,
    /// Of the whole window, by type.
    pub(crate) rates: Vec<Rate>,
    all: Vec<Point>,
    of: BTreeMap<String, Vec<Point>>,
}

impl History {
    pub(crate) async fn read(admin: Admin, window: Window) -> Result<Self, QueueError> {
        let span = Duration::from_secs(window.minutes() * 60);
        let now = admin.now().await?;
        let minutes: Vec<Minute> = offered(admin.minutes(span)).await?;
        let workers: Vec<WorkerInfo> = offered(admin.workers()).await?;
        Ok(Self::of(window, &minutes, &workers, now))
    }

    fn of(window: Window, minutes: &[Minute], workers: &[WorkerInfo], now: DateTime<Utc>) -> Self {
        let from = Rate::first_minute(now, Duration::from_secs(window.minutes() * 60));
        let mut all = Steps::new(window);
        let mut of = BTreeMap::<String, Steps>::new();
        for minute in minutes {
            let age = u64::try_from((minute.at - from).num_minutes()).unwrap_or(0);
            let place = (age / window.step()) as usize;
            all.add(place, &minute.tally);
            of.entry(minute.task_type.clone())
                .or_insert_with(|| Steps::new(window))
                .add(place, &minute.tally);
        }
        let of = of.into_iter().map(|(name, steps)| (name, steps.points(window))).collect();
        let rates = Rate::all(minutes, workers, from, now);
        Self { window, from, rates, all: all.points(window), of }
    }

    /// The line of a task type, or of all. Empty if the type has counted nothing.
    pub(crate) fn points(&self, task_type: Option<&str>) -> &[Point] {
        match task_type {
            None => &self.all,
            Some(name) => self.of.get(name).map_or(&[], Vec::as_slice),
        }
    }
}

struct Steps(Vec<Tally>);

impl Steps {
    fn new(window: Window) -> Self {
        Self(vec![Tally::default(); window.minutes().div_ceil(window.step()) as usize])
    }

    /// The minute that has not ended yet is left out.
    fn add(&mut self, place: usize, tally: &Tally) {
        if let Some(sum) = self.0.get_mut(place) {
            sum.merge(tally);
        }
    }

    fn points(self, window: Window) -> Vec<Point> {
        let within = Duration::from_secs(window.step() * 60);
        let point = |tally: Tally| {
            let Rate { started, retried, failed, p50, p95, p99, .. } = Rate::of("", tally, within);
            Point { started, failed: retried + failed, p50, p95, p99 }
        };
        self.0.into_iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use fang_core::store::Counts;

    #[test]
    fn minutes_become_points_of_their_type_and_of_all() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let minute = |ago: i64, task_type: &str, started: u64| Minute {
            at: now - TimeDelta::minutes(ago),
            task_type: task_type.to_owned(),
            tally: Counts::tally_from_json(&format!(
                "{{\"started\": {started}, \"failed\": {}}}",
                started / 2
            )),
        };
        let minutes = [minute(60, "mail", 60), minute(60, "report", 120), minute(1, "mail", 600)];
        let history = History::of(Window::Hour, &minutes, &[], now);
        let starts = |of| history.points(of).iter().map(|point| point.started).collect::<Vec<_>>();
        assert_eq!((starts(None).len(), starts(None)[0], starts(None)[59]), (60, 3.0, 10.0));
        assert_eq!((starts(Some("mail"))[0], starts(Some("report"))[0]), (1.0, 2.0));
        assert!(starts(Some("none")).is_empty());
        assert_eq!(history.points(None)[59].failed, 5.0);
        let long = History::of(Window::ThreeDays, &minutes, &[], now);
        assert_eq!((long.points(None).len(), long.points(None)[71].started), (72, 780.0 / 3600.0));
    }

    #[test]
    fn a_fleet_with_many_types_gets_a_shorter_window() {
        assert_eq!(Window::ThreeDays.within(10), Window::ThreeDays);
        assert_eq!(Window::ThreeDays.within(50), Window::Day);
        assert_eq!(Window::ThreeDays.within(1_000), Window::Hour);
        assert_eq!(Window::ThreeDays.within(5_000), Window::Hour);
    }
}
