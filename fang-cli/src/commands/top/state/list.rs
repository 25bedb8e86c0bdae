use super::super::grid::Row;
use super::super::looks::{LIMIT, Seen};
use super::Subject;
use fang_core::FangTaskState;
use fang_core::operator::{PRIORITIES, named};
use fang_core::store::Filter;

/// The list of a tab.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) seen: Option<Seen>,
    pub(super) filter: String,
    /// The selected row, which may have moved since.
    subject: Option<Subject>,
    /// Where it was.
    at: usize,
}

impl List {
    /// Whether a cell has the text of the filter, in upper or lower case.
    pub(super) fn matches(&self, row: &Row) -> bool {
        let wanted = self.filter.to_lowercase();
        wanted.is_empty() || row.cells.iter().any(|cell| cell.to_lowercase().contains(&wanted))
    }

    /// The place of the selected row. If that row is gone, the one in its place.
    pub(super) fn selected(&self, rows: &[Row]) -> Option<usize> {
        let subject = self.subject.as_ref();
        let found = subject.and_then(|subject| rows.iter().position(|row| row.subject.is_same(subject)));
        found.or_else(|| rows.len().checked_sub(1).map(|last| self.at.min(last)))
    }

    /// Takes the rows that there are now. Returns whether the selected one is still among them. If it is not, the one
    /// in its place is selected from now on, so that the selection moves by keys alone.
    pub(super) fn pin(&mut self, rows: &[Row]) -> bool {
        let is_there = match &self.subject {
            Some(subject) => rows.iter().any(|row| row.subject.is_same(subject)),
            None => true,
        };
        self.go(rows, 0);
        if rows.is_empty() {
            (self.at, self.subject) = (0, None);
        }
        is_there
    }

    /// Selects the row so many places from here, or the first or last one.
    pub(super) fn go(&mut self, rows: &[Row], by: isize) {
        let Some(from) = self.selected(rows) else { return };
        let at = from.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        (self.at, self.subject) = (at, rows.get(at).map(|row| row.subject.clone()));
    }
}

/// The failed tasks that a text asks for: `kind=`, `type=` and `priority=` are whole names, the other words are a part of the error.
pub(super) fn failed(text: &str) -> Filter {
    let mut filter =
        Filter { limit: LIMIT, without_payload: true, ..Filter::in_state(FangTaskState::Failed) };
    let mut error = Vec::new();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("kind", name)) if !name.is_empty() => filter.kind = Some(name.to_owned()),
            Some(("type", name)) if !name.is_empty() => filter.task_type = Some(name.to_owned()),
            Some(("priority", name)) if named(PRIORITIES, name).is_some() => {
                filter.priority = named(PRIORITIES, name);
            }
            _ => error.push(word),
        }
    }
    filter.error = Some(error.join(" ")).filter(|error| !error.is_empty());
    filter
}
