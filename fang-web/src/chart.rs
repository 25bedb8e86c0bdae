//! Charts, drawn on the server as SVG.

use crate::history::{History, Point, Quantiles};
use crate::show;
use fang_core::operator::span;
use maud::{Markup, html};
use std::time::Duration;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;

/// What of a point a chart of times shows.
type Times = fn(&Point) -> Quantiles;

const TIMES: [(&str, Times); 2] =
    [("Time of a run", |point| point.runs), ("Time in the queue", |point| point.waits)];

/// The rates, the times of runs, and how long their tasks had waited, side by side.
pub(crate) fn charts(history: &History, name: Option<&str>) -> Markup {
    let points = history.points(name);
    html! {
        div.charts {
            figure {
                figcaption { "Runs a second " span.key.started { "started" } " " span.key.failed { "failed" } }
                (rates(history, points))
            }
            @for (title, of) in TIMES {
                figure {
                    figcaption {
                        (title) " " span.key.p50 { "p50" } " " span.key.p95 { "p95" } " " span.key.p99 { "p99" }
                    }
                    (times(history, points, of))
                }
            }
        }
    }
}

/// A bar for each point, with the failed runs in it.
fn rates(history: &History, points: &[Point]) -> Markup {
    let most = points.iter().map(|point| point.started.max(point.failed)).fold(0.0, f64::max);
    let width = WIDTH / points.len().max(1) as f64;
    let bar = |place: usize, value: f64, class: &'static str| {
        let height = if most > 0.0 { value / most * HEIGHT } else { 0.0 };
        html! {
            @if height > 0.0 {
                rect class=(class) x=(short(place as f64 * width)) y=(short(HEIGHT - height))
                    width=(short((width - 1.0).max(1.0))) height=(short(height)) {}
            }
        }
    };
    let total = points.iter().map(|point| point.started).sum::<f64>() / points.len().max(1) as f64;
    let label = format!("{} runs a second on average, {} at most", show::rate(total), show::rate(most));
    frame(
        history,
        &label,
        &format!("{}/s", show::rate(most)),
        &html! {
            @for (place, point) in points.iter().enumerate() {
                (bar(place, point.started, "started"))
                (bar(place, point.failed, "failed"))
            }
        },
    )
}

/// A line for each quantile, with gaps where nothing ran.
fn times(history: &History, points: &[Point], times: Times) -> Markup {
    let most = points.iter().filter_map(|point| times(point).p99).max().unwrap_or_default();
    let line = |of: fn(Quantiles) -> Option<Duration>| path(points, |point| of(times(point)), most);
    let label = format!("the 99th percentile is {} at most", span::precise(most));
    let top = if most.is_zero() { String::new() } else { span::precise(most) };
    frame(
        history,
        &label,
        &top,
        &html! {
            path class="p99" d=(line(|times| times.p99)) {}
            path class="p95" d=(line(|times| times.p95)) {}
            path class="p50" d=(line(|times| times.p50)) {}
        },
    )
}

fn path(points: &[Point], of: impl Fn(&Point) -> Option<Duration>, most: Duration) -> String {
    let (width, most) = (WIDTH / points.len().max(1) as f64, most.as_secs_f64());
    let (mut path, mut is_drawn) = (String::new(), false);
    for (place, point) in points.iter().enumerate() {
        let Some(value) = of(point) else {
            is_drawn = false;
            continue;
        };
        let x = short((place as f64 + 0.5) * width);
        let y = short(HEIGHT - value.as_secs_f64() / most.max(f64::MIN_POSITIVE) * HEIGHT);
        // A line of no length shows a point that stands alone.
        path += &if is_drawn { format!("L{x} {y}") } else { format!("M{x} {y}h0.1") };
        is_drawn = true;
    }
    path
}

fn frame(history: &History, label: &str, top: &str, inner: &Markup) -> Markup {
    let middle = short(HEIGHT / 2.0);
    html! {
        svg role="img" aria-label=(label) viewBox="0 -28 720 208" {
            path class="grid" d={ "M0 0H720M0 " (middle) "H720M0 150H720" } {}
            (inner)
            text x="2" y="-7" { (top) }
            text.low x="2" y="173" { (history.window.word()) " ago" }
            text.end.low x="718" y="173" { "now" }
        }
    }
}

fn short(number: f64) -> String {
    format!("{number:.1}")
}
