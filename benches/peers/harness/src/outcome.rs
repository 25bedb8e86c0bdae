//! The outcome of one measurement.

use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    figures: Vec<(String, f64)>,
    notes: Vec<String>,
}

impl Outcome {
    pub(crate) fn add(&mut self, name: &str, value: f64) {
        self.figures.push((name.to_owned(), value));
    }

    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(crate) fn json(&self) -> Value {
        json!({"figures": self.figures, "notes": self.notes})
    }
}
