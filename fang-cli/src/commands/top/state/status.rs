use super::super::looks::{LIMIT, Seen};
use super::super::plain::counted;
use super::super::text;
use super::super::theme::Tone;
use super::{Mode, State, Tab};
use fang_core::operator::span;
use std::time::Duration;

/// A look that lasts longer is told.
const PATIENCE: Duration = Duration::from_secs(3);
/// A text takes at most so many lines.
const LINES: usize = 3;

impl State {
    /// The line that asks, or tells what happened: the most important thing, cut to lines of this width.
    pub(crate) fn status(&self, width: usize) -> (Tone, Vec<String>) {
        let (tone, text) = self.message();
        let end = if matches!(self.mode, Mode::Ask(_)) { " [y/N]" } else { "" };
        let text = text::fitted(&text::line(&text), width * LINES - end.len()) + end;
        let lines = text::wrapped(&text, width);
        (tone, if lines.is_empty() { vec![String::new()] } else { lines })
    }

    fn message(&self) -> (Tone, String) {
        match (&self.mode, &self.lost, &self.told) {
            (Mode::Ask(act), ..) => (Tone::Attention, act.question()),
            (Mode::Filter(text), ..) => (Tone::Attention, format!("{}: {text}_", self.filter_hint())),
            (_, Some(lost), _) => (Tone::Bad, format!("no look: {lost}; trying again")),
            _ if self.waited > PATIENCE => {
                let waited = span::short(self.waited);
                (Tone::Attention, format!("the database has not answered for {waited}"))
            }
            (_, _, Some((tone, text))) => (*tone, text.clone()),
            _ => (Tone::Faint, self.note()),
        }
    }

    fn filter_hint(&self) -> &'static str {
        match self.tab {
            Tab::Failed => "only failed with this error, kind=, type= or priority=NAME",
            _ => "only rows with this text",
        }
    }

    /// What is good to know about the list.
    fn note(&self) -> String {
        let filter = &self.list().filter;
        if self.task.is_none() && !filter.is_empty() {
            return format!("only those with {filter}; Esc shows all");
        }
        match (&self.task, self.seen()) {
            (None, Some(Seen::Failed { is_all: false, .. })) => {
                format!("the {LIMIT} that failed last, or fewer of the last 100000 that ended")
            }
            (None, Some(Seen::Running { page, .. })) if page.next.is_some() => {
                format!("the newest {LIMIT}; `fang running` lists all")
            }
            (None, Some(Seen::Running { .. })) => {
                "short tasks may run without a change of their rows while many wait".to_owned()
            }
            (None, Some(Seen::Types(_, ago))) => {
                counted(*ago).map(|counted| format!("DUE, OLDEST and WAITING {counted}")).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// How many rows of the screen are left for a tab.
    pub(super) fn body(&self) -> usize {
        let (width, height) = self.size;
        let status = self.status(width.into()).1.len();
        usize::from(height).saturating_sub(2 + status)
    }
}
