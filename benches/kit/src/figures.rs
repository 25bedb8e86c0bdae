//! Collects figures, and computes their medians.

use serde_json::{Value, json};

/// All figures of a run, in the order in which they were first added.
#[derive(Debug, Default)]
pub struct Figures {
    rows: Vec<Row>,
}

/// The figures of one case of one part.
#[derive(Debug)]
pub struct Row {
    /// The part, which becomes a table.
    pub part: String,
    /// The case, which becomes a line of the table.
    pub case: String,
    /// The figures. Each becomes a column.
    pub figures: Vec<Figure>,
    /// Remarks, such as the reason for missing figures.
    pub notes: Vec<String>,
}

/// One figure in all rounds.
#[derive(Debug)]
pub struct Figure {
    /// Its name and unit.
    pub name: String,
    /// One sample of each round.
    pub samples: Vec<f64>,
}

impl Figures {
    /// Adds the figures of one round.
    pub fn add<'a>(&mut self, part: &str, case: &str, figures: impl IntoIterator<Item = (&'a str, f64)>) {
        let row = self.row(part, case);
        for (name, value) in figures {
            row.add(name, value);
        }
    }

    /// Adds a remark, unless it is there already.
    pub fn note(&mut self, part: &str, case: &str, note: impl Into<String>) {
        let (row, note) = (self.row(part, case), note.into());
        if !row.notes.contains(&note) {
            row.notes.push(note);
        }
    }

    /// All cases of all parts.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The names of the parts, in order.
    pub fn parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !parts.contains(&row.part.as_str()) {
                parts.push(&row.part);
            }
        }
        parts
    }

    /// The median of one figure, if it was measured.
    pub fn median(&self, part: &str, case: &str, name: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.part == part && row.case == case)?.figure(name)?.median()
    }

    /// All figures as JSON.
    pub fn json(&self) -> Value {
        self.rows.iter().map(Row::json).collect()
    }

    fn row(&mut self, part: &str, case: &str) -> &mut Row {
        let at = self.rows.iter().position(|row| row.part == part && row.case == case);
        let at = at.unwrap_or_else(|| {
            let (part, case) = (part.to_owned(), case.to_owned());
            self.rows.push(Row { part, case, figures: Vec::new(), notes: Vec::new() });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }
}

impl Row {
    /// The figure with this name.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    fn add(&mut self, name: &str, value: f64) {
        match self.figures.iter_mut().find(|figure| figure.name == name) {
            Some(figure) => figure.samples.push(value),
            None => self.figures.push(Figure { name: name.to_owned(), samples: vec![value] }),
        }
    }

    fn json(&self) -> Value {
        let figures: Value = self
            .figures
            .iter()
            .map(|figure| json!({"name": figure.name, "median": figure.median(), "samples": figure.samples}))
            .collect();
        json!({"part": self.part, "case": self.case, "figures": figures, "notes": self.notes})
    }
}

impl Figure {
    /// The median of the samples.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        Some(if sorted.len() % 2 == 1 { upper } else { (sorted[middle - 1] + upper) / 2.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_of_its_rounds() {
        let mut figures = Figures::default();
        for value in [3.0, 1.0, 100.0] {
            figures.add("drain", "1 worker", [("tasks/s", value)]);
        }
        assert_eq!(figures.median("drain", "1 worker", "tasks/s"), Some(3.0));
        figures.add("drain", "1 worker", [("tasks/s", 5.0)]);
        assert_eq!(figures.median("drain", "1 worker", "tasks/s"), Some(4.0));
        assert_eq!(figures.median("drain", "2 workers", "tasks/s"), None);
    }

    #[test]
    fn parts_keep_the_order_in_which_they_were_added() {
        let mut figures = Figures::default();
        figures.add("b", "x", [("f", 1.0)]);
        figures.note("a", "x", "failed");
        figures.add("b", "y", [("f", 1.0)]);
        assert_eq!(figures.parts(), ["b", "a"]);
    }
}
