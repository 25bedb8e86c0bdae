//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

/// The sort of a metric.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sort {
    /// A number that rises and falls.
    Gauge,
    /// A number that only rises, and begins at zero again when the program starts.
    Counter,
    /// Counts by size.
    Histogram,
}

impl Sort {
    fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// Labels with their values.
pub(crate) type Labels<'a> = &'a [(&'a str, &'a str)];

/// The text of all metrics.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a metric. Its samples have to follow.
    pub(crate) fn metric(&mut self, name: &str, sort: Sort, help: &str) {
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} {}\n", sort.as_str()));
    }

    /// Adds a sample.
    pub(crate) fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        self.push(format_args!("{name}"));
        for (place, (label, value)) in labels.iter().enumerate() {
            let begin = if place == 0 { '{' } else { ',' };
            self.push(format_args!("{begin}{label}=\"{}\"", Escaped(value)));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.push(format_args!("{end} {value}\n"));
    }

    /// Adds a metric that has a single sample.
    pub(crate) fn single(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(name, Sort::Gauge, help);
        self.sample(name, &[], value);
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    fn push(&mut self, part: std::fmt::Arguments<'_>) {
        // A string takes all there is.
        let _ = self.0.write_fmt(part);
    }
}

/// The value of a label, as it stands between quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let mut text = Text::default();
        text.metric("waits", Sort::Gauge, "Tasks that wait.");
        text.sample("waits", &[("task_type", "a\\b\"c\nd é{}"), ("state", "new")], 3);
        text.sample("waits", &[], 0.25);
        let expected = "# HELP waits Tasks that wait.\n# TYPE waits gauge\n\
            waits{task_type=\"a\\\\b\\\"c\\nd é{}\",state=\"new\"} 3\nwaits 0.25\n";
        assert_eq!(text.into_string(), expected);
    }
}
