//! Draws figures as bars in an SVG picture. It brings no font, and has a background of its own, so that it can be read on a
//! dark page as well.

use crate::markdown::cell;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 750.0;
const TOP: f64 = 80.0;
const BOTTOM: f64 = 300.0;

/// The part of its place that a group of bars takes.
const FULL: f64 = 0.84;

/// The colors of the first, second, third and fourth series, and of the rest.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}\
    .value{font-size:11px;text-anchor:middle}.scale{text-anchor:end}.group{text-anchor:middle}\
    .page{fill:#fff}line{stroke:#d1d9e0}.s0{fill:#2f81f7}.s1{fill:#db6d28}.s2{fill:#79b8ff}.s3{fill:#ffb077}";

/// Groups of bars. Each series has one bar in each group.
#[derive(Debug)]
pub struct Chart<'a> {
    /// What the chart shows, with the unit.
    pub title: &'a str,
    /// The names of the groups, from left to right.
    pub groups: Vec<String>,
    /// The name of each series, and its value in each group. At most four can be told apart.
    pub series: Vec<(String, Vec<f64>)>,
}

impl Chart<'_> {
    /// The chart as an SVG file.
    pub fn svg(&self) -> String {
        let title = escaped(self.title);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"26\">{title}</text>\n"
        );
        let step = self.step();
        let highest = (self.highest() / step).ceil() * step;
        self.draw_legend(&mut svg);
        draw_scale(&mut svg, step, highest);
        self.draw_bars(&mut svg, highest);
        svg + "</svg>\n"
    }

    fn highest(&self) -> f64 {
        let values = self.series.iter().flat_map(|(_, values)| values);
        values.copied().fold(f64::MIN_POSITIVE, f64::max)
    }

    /// The space between the lines of the scale: 1, 2 or 5 times a power of ten, so that there are four to ten.
    fn step(&self) -> f64 {
        let power = 10_f64.powf(self.highest().log10().floor());
        let fits = |step: &f64| self.highest() / step >= 4.0;
        [1.0, 0.5, 0.2, 0.1].map(|part| part * power).into_iter().find(fits).unwrap_or(power)
    }

    fn draw_legend(&self, svg: &mut String) {
        for (place, (name, _)) in self.series.iter().enumerate() {
            let x = LEFT + 150.0 * place as f64;
            let _ = writeln!(
                svg,
                "<rect class=\"s{place}\" x=\"{x}\" y=\"42\" width=\"12\" height=\"12\" rx=\"2\"/>\
                 <text x=\"{}\" y=\"53\">{}</text>",
                x + 18.0,
                escaped(name)
            );
        }
    }

    fn draw_bars(&self, svg: &mut String, highest: f64) {
        let place_width = (RIGHT - LEFT) / self.groups.len().max(1) as f64;
        let width = place_width * FULL / self.series.len().max(1) as f64;
        for (group, name) in self.groups.iter().enumerate() {
            let begin = LEFT + place_width * (group as f64 + (1.0 - FULL) / 2.0);
            let middle = LEFT + place_width * (group as f64 + 0.5);
            let _ = writeln!(
                svg,
                "<text class=\"group\" x=\"{middle:.1}\" y=\"{}\">{}</text>",
                BOTTOM + 20.0,
                escaped(name)
            );
            for (place, (_, values)) in self.series.iter().enumerate() {
                let Some(value) = values.get(group).copied() else { continue };
                let (x, y) = (begin + width * place as f64, height_of(value, highest));
                let _ = writeln!(
                    svg,
                    "<rect class=\"s{place}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
                     <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    width - 3.0,
                    BOTTOM - y,
                    x + (width - 3.0) / 2.0,
                    y - 5.0,
                    cell(Some(value))
                );
            }
        }
    }
}

fn draw_scale(svg: &mut String, step: f64, highest: f64) {
    let mut value = 0.0;
    while value <= highest + step / 2.0 {
        let y = height_of(value, highest);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"scale\" x=\"{}\" y=\"{:.1}\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            cell(Some(value)).trim_end_matches(".00").trim_end_matches(".0")
        );
        value += step;
    }
}

fn height_of(value: f64, highest: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * value / highest
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_bar_of_its_height() {
        let series =
            vec![("async".to_owned(), vec![1_000.0, 40_000.0]), ("blocking".to_owned(), vec![20_000.0])];
        let groups = vec!["1".to_owned(), "64".to_owned()];
        let svg = Chart { title: "inserts & callers", groups, series }.svg();
        assert!(
            svg.starts_with("<svg") && svg.ends_with("</svg>\n") && svg.contains("inserts &amp; callers")
        );
        let bars: Vec<&str> =
            svg.split("height=\"").skip(4).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(bars, ["5.5", "110.0", "220.0"]);
        assert!(svg.contains(">40,000</text>") && svg.contains(">10,000</text>"));
    }
}
