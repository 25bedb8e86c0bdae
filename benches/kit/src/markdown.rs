//! Prints figures as Markdown tables.

use crate::figures::{Figures, Row};
use std::fmt::Write;

/// A column that compares a figure with the same figure of a base case.
#[derive(Clone, Copy, Debug)]
pub struct Ratio<'a> {
    /// The title of the column.
    pub title: &'a str,
    /// The name of the figure.
    pub name: &'a str,
    /// The base case, whose ratio is 1.
    pub base: &'a str,
}

/// Returns the table of one part: a line for each case, a column for each figure and each ratio.
pub fn table(figures: &Figures, part: &str, ratios: &[Ratio<'_>]) -> String {
    let rows: Vec<&Row> = figures.rows().iter().filter(|row| row.part == part).collect();
    let names = names(&rows);
    let has_notes = rows.iter().any(|row| !row.notes.is_empty());
    let ratios: Vec<_> = ratios.iter().filter(|ratio| names.contains(&ratio.name)).collect();
    let mut titles = vec![part];
    titles.extend(&names);
    titles.extend(ratios.iter().map(|ratio| ratio.title));
    titles.extend(has_notes.then_some("remarks"));
    let mut text = String::new();
    let _ = writeln!(text, "| {} |\n|{}", titles.join(" | "), "---|".repeat(titles.len()));
    for row in rows {
        let mut cells = vec![row.case.clone()];
        cells.extend(names.iter().map(|name| cell(row.figure(name).and_then(|figure| figure.median()))));
        cells.extend(ratios.iter().map(|ratio| {
            let base = figures.median(part, ratio.base, ratio.name);
            let own = row.figure(ratio.name).and_then(|figure| figure.median());
            own.zip(base).map_or_else(|| "–".to_owned(), |(own, base)| format!("{:.3}", own / base))
        }));
        cells.extend(has_notes.then(|| row.notes.join("; ").replace(['|', '\n'], " ")));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn names<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for figure in rows.iter().flat_map(|row| &row.figures) {
        if !names.contains(&figure.name.as_str()) {
            names.push(&figure.name);
        }
    }
    names
}

pub(crate) fn cell(value: Option<f64>) -> String {
    let Some(value) = value else { return "–".to_owned() };
    match value.abs() {
        at if at >= 1000.0 => thousands(value.round() as i64),
        at if at >= 100.0 => format!("{value:.0}"),
        at if at >= 10.0 => format!("{value:.1}"),
        at if at >= 1.0 || value == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn thousands(value: i64) -> String {
    let digits = value.abs().to_string();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_case_and_shows_missing_figures() {
        let mut figures = Figures::default();
        figures.add("drain", "floor", [("tasks/s", 1_234_567.0)]);
        figures.add("drain", "other", [("tasks/s", 123_456.7), ("WAL B/task", 0.5)]);
        figures.note("drain", "third", "does not build");
        let ratio = Ratio { title: "of the floor", name: "tasks/s", base: "floor" };
        assert_eq!(
            table(&figures, "drain", &[ratio]),
            "| drain | tasks/s | WAL B/task | of the floor | remarks |\n|---|---|---|---|---|\n\
             | floor | 1,234,567 | – | 1.000 |  |\n| other | 123,457 | 0.5000 | 0.100 |  |\n\
             | third | – | – | – | does not build |\n"
        );
    }
}
