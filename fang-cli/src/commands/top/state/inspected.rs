use super::super::looks::SeenTask;
use super::super::shown::Shown;
use super::super::theme::Tone;
use super::super::views;
use super::Subject;
use uuid::Uuid;

/// A longer payload is folded at first.
const FOLDED_FROM: usize = 2_000;

/// The task that is looked into.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) id: Uuid,
    pub(crate) lines: Vec<(Tone, String)>,
    /// The first line that is shown.
    pub(crate) top: usize,
    seen: Option<SeenTask>,
    is_folded: Option<bool>,
}

impl Inspected {
    pub(super) fn new(id: Uuid) -> Self {
        Self { id, lines: Vec::new(), top: 0, seen: None, is_folded: None }
    }

    /// What the keys act on, once it was seen and is still there.
    pub(super) fn subject(&self) -> Option<Subject> {
        let task = self.seen.as_ref()?.task.as_ref()?;
        Some(Subject::Task(Shown::of(task)))
    }

    pub(super) fn see(&mut self, seen: SeenTask, width: usize) {
        let bytes = seen.task.as_ref().map_or(0, |task| task.metadata.to_string().len());
        self.is_folded.get_or_insert(bytes > FOLDED_FROM);
        self.seen = Some(seen);
        self.lay_out(width);
    }

    /// Shows the payload or hides it.
    pub(super) fn fold(&mut self, width: usize) {
        self.is_folded = self.is_folded.map(|is_folded| !is_folded);
        self.lay_out(width);
    }

    /// Cuts the lines for this width.
    pub(super) fn lay_out(&mut self, width: usize) {
        if let Some(seen) = &self.seen {
            self.lines = views::task::lines(self.id, seen, self.is_folded == Some(true), width);
            // There may be fewer than before.
            self.top = self.top.min(self.lines.len().saturating_sub(1));
        }
    }

    /// Moves by so many lines, as far as there are more than fit into this height.
    pub(super) fn go(&mut self, by: isize, height: usize) {
        let last = self.lines.len().saturating_sub(height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }
}
