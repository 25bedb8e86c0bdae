//! What all pools counted over minutes, days and months.

use chrono::{DateTime, Utc};
use fang_core::QueueError;
use fang_core::operator::offered;
use fang_core::store::{By, Counts, Minute, Per, Rate, Tally, WorkerInfo};
use fang_engine::handle::Admin;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// How far a history goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Window {
    #[default]
    Hour,
    SixHours,
    Day,
    ThreeDays,
    Week,
    Month,
    SixMonths,
}

/// A history has at most so many rows: one for each minute or hour, and task type or kind.
const MAX_ROWS: u64 = 100_000;

/// So many task types or kinds have lines of their own.
const MAX_LINES: usize = 1_000;

/// A line has at most so many points.
const POINTS: u64 = 72;

impl Window {
    pub(crate) const ALL: [Self; 7] =
        [Self::Hour, Self::SixHours, Self::Day, Self::ThreeDays, Self::Week, Self::Month, Self::SixMonths];

    /// The word in addresses and on pages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "1d",
            Self::ThreeDays => "3d",
            Self::Week => "1w",
            Self::Month => "1mo",
            Self::SixMonths => "6mo",
        }
    }

    pub(crate) fn read(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|window| Some(window.word()) == word).unwrap_or_default()
    }

    fn hours(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::SixHours => 6,
            Self::Day => 24,
            Self::ThreeDays => 3 * 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::SixMonths => 180 * 24,
        }
    }

    fn span(self) -> Duration {
        Duration::from_secs(self.hours() * 60 * 60)
    }

    /// Whether it is read minute by minute or hour by hour.
    fn per(self) -> Per {
        if self.hours() * 60 / POINTS < 60 { Per::Minute } else { Per::Hour }
    }

    /// How many minutes or hours it has.
    fn length(self) -> u64 {
        self.span().as_secs() / self.per().span().as_secs()
    }

    /// How long a history is told again.
    pub(crate) fn fresh_for(self) -> Duration {
        Duration::from_secs((self.hours() * 10).clamp(10, 300))
    }

    /// The longest window up to this one that has no more rows than are read at once, if there were always as many task types
    /// or kinds as now.
    pub(crate) fn within(self, names: usize) -> Self {
        let fits =
            |window: &Self| window.hours() <= self.hours() && window.length() * names as u64 <= MAX_ROWS;
        Self::ALL.into_iter().rfind(fits).unwrap_or_default()
    }

    /// The next shorter window.
    fn shorter(self) -> Option<Self> {
        Self::ALL.into_iter().rfind(|window| window.hours() < self.hours())
    }

    /// The minutes or hours of a point, for 56 to 72 points.
    fn step(self) -> u64 {
        self.length().div_ceil(POINTS)
    }

    /// How many points a line has.
    fn points(self) -> u64 {
        self.length().div_ceil(self.step())
    }

    /// The seconds of a point.
    fn point(self) -> u64 {
        self.step() * self.per().span().as_secs()
    }
}

/// A point of a line: rates a second, how long runs took, and how long their tasks had waited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) started: f64,
    pub(crate) failed: f64,
    pub(crate) runs: Quantiles,
    pub(crate) waits: Quantiles,
}

/// The times that half, 95 and 99 of 100 did not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) p50: Option<Duration>,
    pub(crate) p95: Option<Duration>,
    pub(crate) p99: Option<Duration>,
}

/// The rates over a window.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) window: Window,
    pub(crate) from: DateTime<Utc>,
    /// Of the whole window, by name.
    pub(crate) rates: Vec<Rate>,
    all: Vec<Point>,
    of: BTreeMap<String, Vec<Point>>,
}

impl History {
    /// Of task types or of kinds. If there were far more of them than now, so that the window has too many rows, a shorter one
    /// is read.
    pub(crate) async fn read(admin: Admin, by: By, mut window: Window) -> Result<Self, QueueError> {
        loop {
            let now = admin.now().await?;
            let (mut sums, mut rows) = (Sums::new(by, window, now), 0);
            let shorter = window.shorter();
            let each = |minute: Minute| {
                rows += 1;
                sums.add(&minute);
                if rows > MAX_ROWS && shorter.is_some() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            offered(admin.each_minute(window.per(), by, window.span(), each)).await?;
            match shorter {
                Some(shorter) if rows > MAX_ROWS => window = shorter,
                _ => return Ok(sums.end(&offered(admin.workers()).await?, now)),
            }
        }
    }

    /// The line of a task type or kind, or of all. Empty if nothing was counted of it.
    pub(crate) fn points(&self, name: Option<&str>) -> &[Point] {
        match name {
            None => &self.all,
            Some(name) => self.of.get(name).map_or(&[], Vec::as_slice),
        }
    }
}

/// What becomes a history, as its minutes or hours come.
struct Sums {
    by: By,
    window: Window,
    from: DateTime<Utc>,
    all: Steps,
    of: BTreeMap<String, Steps>,
    /// Of the whole window.
    counts: Counts,
}

impl Sums {
    fn new(by: By, window: Window, now: DateTime<Utc>) -> Self {
        let from = window.per().first(now, window.span());
        let (all, of) = (Steps::default(), BTreeMap::new());
        Self { by, window, from, all, of, counts: Counts::default() }
    }

    fn add(&mut self, minute: &Minute) {
        let since = (minute.at - self.from).to_std().unwrap_or_default().as_secs();
        let place = since / self.window.point();
        self.counts.add_to(self.by, &minute.name, &minute.tally);
        // The minute or hour that has not ended yet is left out.
        if place >= self.window.points() {
            return;
        }
        self.all.add(place, &minute.tally);
        if !self.of.contains_key(&minute.name) && self.of.len() < MAX_LINES {
            self.of.insert(minute.name.clone(), Steps::default());
        }
        if let Some(steps) = self.of.get_mut(&minute.name) {
            steps.add(place, &minute.tally);
        }
    }

    fn end(self, workers: &[WorkerInfo], now: DateTime<Utc>) -> History {
        let Self { by, window, from, all, of, counts } = self;
        let of = of.into_iter().map(|(name, steps)| (name, steps.points(window))).collect();
        let rates = Rate::of_sum(by, counts, workers, from, now);
        History { window, from, rates, all: all.points(window), of }
    }
}

/// What was counted in each point that is not empty.
#[derive(Default)]
struct Steps(BTreeMap<u64, Tally>);

impl Steps {
    fn add(&mut self, place: u64, tally: &Tally) {
        self.0.entry(place).or_default().merge(tally);
    }

    fn points(mut self, window: Window) -> Vec<Point> {
        let within = Duration::from_secs(window.point());
        let point = |tally: Tally| {
            let rate = Rate::of("", tally, within);
            let runs = Quantiles { p50: rate.p50, p95: rate.p95, p99: rate.p99 };
            let waits = Quantiles { p50: rate.wait_p50, p95: rate.wait_p95, p99: rate.wait_p99 };
            Point { started: rate.started, failed: rate.retried + rate.failed, runs, waits }
        };
        (0..window.points()).map(|place| point(self.0.remove(&place).unwrap_or_default())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn history(by: By, window: Window, minutes: &[Minute], now: DateTime<Utc>) -> History {
        let mut sums = Sums::new(by, window, now);
        minutes.iter().for_each(|minute| sums.add(minute));
        sums.end(&[], now)
    }

    #[test]
    fn minutes_become_points_of_their_type_and_of_all() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let minute = |ago: i64, task_type: &str, started: u64| Minute {
            at: now - TimeDelta::minutes(ago),
            name: task_type.to_owned(),
            tally: Counts::tally_from_json(&format!(
                "{{\"started\": {started}, \"failed\": {}}}",
                started / 2
            )),
        };
        let minutes = [minute(60, "mail", 60), minute(60, "report", 120), minute(1, "mail", 600)];
        let short = history(By::TaskType, Window::Hour, &minutes, now);
        let starts = |of| short.points(of).iter().map(|point| point.started).collect::<Vec<_>>();
        assert_eq!((starts(None).len(), starts(None)[0], starts(None)[59]), (60, 3.0, 10.0));
        assert_eq!((starts(Some("mail"))[0], starts(Some("report"))[0]), (1.0, 2.0));
        assert!(starts(Some("none")).is_empty());
        assert_eq!(short.points(None)[59].failed, 5.0);
        let long = history(By::TaskType, Window::ThreeDays, &minutes, now);
        assert_eq!((long.points(None).len(), long.points(None)[71].started), (72, 780.0 / 3600.0));
        let longer = history(By::Kind, Window::Week, &minutes, now + TimeDelta::minutes(59));
        assert_eq!((longer.points(None).len(), longer.points(None)[55].started), (56, 780.0 / 10_800.0));
    }

    #[test]
    fn what_is_kept_of_a_history_follows_what_is_shown() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut sums = Sums::new(By::Kind, Window::ThreeDays, now);
        for n in 0..=MAX_LINES {
            for ago in 1..5 {
                let tally = Counts::tally_from_json(r#"{"started": 1}"#);
                sums.add(&Minute { at: now - TimeDelta::minutes(ago), name: format!("{n:05}"), tally });
            }
        }
        assert!(sums.of.len() == MAX_LINES && sums.of.values().all(|steps| steps.0.len() == 1));
        let history = sums.end(&[], now);
        assert_eq!(history.rates.len(), MAX_LINES + 1, "those without lines have rates");
        let started = history.points(None).iter().map(|point| point.started * 3600.0).sum::<f64>();
        assert_eq!(started.round(), 4.0 * (MAX_LINES + 1) as f64);
    }

    #[test]
    fn a_fleet_with_many_types_gets_a_shorter_window() {
        let within = |names| Window::SixMonths.within(names).word();
        assert_eq!([10, 100, 500, 1_000, 5_000].map(within), ["6mo", "1mo", "1w", "3d", "1h"]);
        assert_eq!(Window::Day.within(100), Window::SixHours);
        let shorter = |window: &Window| window.shorter();
        assert_eq!(std::iter::successors(Some(Window::SixMonths), shorter).count(), Window::ALL.len());
    }
}
