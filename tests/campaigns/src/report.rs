//! The report of a campaign.

use crate::options::Options;
use std::fmt;

/// A table: for each promise the limit, the measured figure, and whether the promise was kept.
#[derive(Debug)]
pub struct Report {
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    must: String,
    measured: String,
    passed: Option<bool>,
}

impl Report {
    /// An empty report of this campaign.
    pub fn new(campaign: &str, options: &Options) -> Self {
        let form = options.either("full form", "short form");
        let passed = if options.lock_claims { ", lock-claims" } else { "" };
        let title =
            format!("{campaign}: mode {}, seed {}, {form}{passed}", options.mode.name(), options.seed);
        Self { title, rows: Vec::new() }
    }

    /// Adds a figure for information.
    pub fn tell(&mut self, what: impl Into<String>, measured: impl fmt::Display) {
        self.add(what.into(), String::new(), measured.to_string(), None);
    }

    /// Adds a figure that decides whether the campaign passed.
    pub fn judge(
        &mut self,
        what: impl Into<String>,
        must: impl fmt::Display,
        measured: impl fmt::Display,
        passed: bool,
    ) {
        self.add(what.into(), must.to_string(), measured.to_string(), Some(passed));
    }

    /// Adds a list that has to be empty. Names its first three elements.
    pub fn judge_none<T: fmt::Display>(&mut self, what: impl Into<String>, found: &[T]) {
        let named: Vec<String> = found.iter().take(3).map(T::to_string).collect();
        let measured = match found.len() {
            0 => "0".to_owned(),
            count => format!("{count}: {}{}", named.join(", "), if count > 3 { ", ..." } else { "" }),
        };
        self.judge(what, 0, measured, found.is_empty());
    }

    /// Adds a figure that decides in the full form only, since the short form runs on busy machines.
    pub fn judge_in_full(
        &mut self,
        options: &Options,
        what: impl Into<String>,
        must: impl fmt::Display,
        measured: impl fmt::Display,
        passed: bool,
    ) {
        self.add(what.into(), must.to_string(), measured.to_string(), (!options.short).then_some(passed));
    }

    /// Whether every judged figure passed.
    pub fn passed(&self) -> bool {
        self.rows.iter().all(|row| row.passed != Some(false))
    }

    fn add(&mut self, what: String, must: String, measured: String, passed: Option<bool>) {
        self.rows.push(Row { what, must, measured, passed });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n| figure | must be | measured | passed |\n|---|---|---|---|", self.title)?;
        for Row { what, must, measured, passed } in &self.rows {
            let passed = match passed {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "",
            };
            writeln!(f, "| {what} | {must} | {measured} | {passed} |")?;
        }
        Ok(())
    }
}
