//! Draws what was measured in this run: each chart of which all figures are there.

use crate::side::Side;
use crate::{callers, sustained, workers};
use fang_bench_kit::{Chart, Error, Figures};
use std::fs;
use std::path::Path;

/// The name of a series, and its values.
type Series = Option<(String, Vec<f64>)>;

pub(crate) fn draw(figures: &Figures, folder: &str) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    let charts = [("inserts", inserts(figures)), ("workers", drains(figures)), ("latency", latency(figures))];
    for (name, chart) in charts {
        match chart {
            Some(chart) => fs::write(Path::new(folder).join(format!("{name}.svg")), chart.svg())?,
            None => eprintln!("the chart {name} is not drawn, since not all of its figures were measured"),
        }
    }
    Ok(())
}

fn inserts(figures: &Figures) -> Option<Chart<'_>> {
    let rate = |name: &str, callers: &u64| {
        let (part, case) = callers::place(name, *callers);
        figures.median(&part, &case, "tasks/s")
    };
    let series =
        Side::NAMES.map(|name| series(name, callers::CALLERS.iter().map(|callers| rate(name, callers))));
    Some(Chart {
        title: "Inserts a second, one by one, by callers in one process",
        groups: callers::CALLERS.map(|callers| callers::place("", callers).1).to_vec(),
        series: series.into_iter().collect::<Option<_>>()?,
    })
}

fn drains(figures: &Figures) -> Option<Chart<'_>> {
    let rate = |name: &str, count: &u32| figures.median("workers", &workers::case(name, *count), "tasks/s");
    let series = Side::NAMES.map(|name| series(name, workers::WORKERS.iter().map(|count| rate(name, count))));
    Some(Chart {
        title: "Tasks run a second, by workers in one process",
        groups: workers::WORKERS.map(|count| count.to_string()).to_vec(),
        series: series.into_iter().collect::<Option<_>>()?,
    })
}

fn latency(figures: &Figures) -> Option<Chart<'_>> {
    let of = |name: &'static str, quantile: &'static str| {
        let values =
            sustained::RATES.map(|rate| figures.median("sustained", &sustained::case(name, rate), quantile));
        series(&format!("{name}, {quantile}"), values)
    };
    let [light, heavy] = Side::NAMES;
    let series = [of(light, "p50 ms"), of(heavy, "p50 ms"), of(light, "p99 ms"), of(heavy, "p99 ms")];
    Some(Chart {
        title: "Milliseconds from the planned insert to the start, by tasks a second",
        groups: sustained::RATES.map(|rate| format!("{rate}/s")).to_vec(),
        series: series.into_iter().collect::<Option<_>>()?,
    })
}

fn series(name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Series {
    Some((name.to_owned(), values.into_iter().collect::<Option<_>>()?))
}
