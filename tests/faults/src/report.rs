//! What a campaign found.

use crate::options::Options;
use std::fmt;

/// A table: what was promised, what was measured, whether it held.
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
    held: Option<bool>,
}

impl Report {
    /// An empty report of this campaign.
    pub fn new(campaign: &str, options: &Options) -> Self {
        let form = options.either("full form", "short form");
        let held = if options.hold { ", holding" } else { "" };
        let title = format!("{campaign}: mode {}, seed {}, {form}{held}", options.mode.name(), options.seed);
        Self { title, rows: Vec::new() }
    }

    /// A figure for the reader, which nothing depends on.
    pub fn tell(&mut self, what: impl Into<String>, measured: impl fmt::Display) {
        self.add(what.into(), String::new(), measured.to_string(), None);
    }

    /// A figure that decides.
    pub fn judge(
        &mut self,
        what: impl Into<String>,
        must: impl fmt::Display,
        measured: impl fmt::Display,
        held: bool,
    ) {
        self.add(what.into(), must.to_string(), measured.to_string(), Some(held));
    }

    /// Judges a list that has to be empty; names the first of what is in it.
    pub fn judge_none<T: fmt::Display>(&mut self, what: impl Into<String>, found: &[T]) {
        let named: Vec<String> = found.iter().take(3).map(T::to_string).collect();
        let measured = match found.len() {
            0 => "0".to_owned(),
            count => format!("{count}: {}{}", named.join(", "), if count > 3 { ", ..." } else { "" }),
        };
        self.judge(what, 0, measured, found.is_empty());
    }

    /// A figure that decides in the full form only: the short one runs on busy machines.
    pub fn judge_in_full(
        &mut self,
        options: &Options,
        what: impl Into<String>,
        must: impl fmt::Display,
        measured: impl fmt::Display,
        held: bool,
    ) {
        self.add(what.into(), must.to_string(), measured.to_string(), (!options.short).then_some(held));
    }

    /// Whether all that decides held.
    pub fn held(&self) -> bool {
        self.rows.iter().all(|row| row.held != Some(false))
    }

    fn add(&mut self, what: String, must: String, measured: String, held: Option<bool>) {
        self.rows.push(Row { what, must, measured, held });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n| what | must | measured | held |\n|---|---|---|---|", self.title)?;
        for Row { what, must, measured, held } in &self.rows {
            let held = match held {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "",
            };
            writeln!(f, "| {what} | {must} | {measured} | {held} |")?;
        }
        Ok(())
    }
}
