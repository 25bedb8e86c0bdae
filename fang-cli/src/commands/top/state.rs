//! What the dashboard shows: keys and looks go in, actions come out. It knows no terminal, no clock and no database.

mod inspected;
mod keys;
mod list;
mod status;
mod subject;
mod tab;

pub(super) use inspected::Inspected;
pub(super) use subject::Subject;
pub(super) use tab::Tab;

use super::act::Act;
use super::grid::Row;
use super::looker::Wanted;
use super::looks::{Focus, Seen};
use super::theme::{Theme, Tone};
use super::views;
use crate::failure::Failure;
use list::List;
use std::time::Duration;

/// What a key asks the loop for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Leave,
    /// To stop the process, as Ctrl-Z does.
    Stop,
    Do(Act),
}

/// What keys mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Browse,
    Help,
    /// Whether this is to be done.
    Ask(Act),
    /// The text to filter by, as far as it is written.
    Filter(String),
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct State {
    pub(super) theme: Theme,
    pub(super) tab: Tab,
    pub(super) mode: Mode,
    /// The task that is looked into, above its tab.
    pub(super) task: Option<Inspected>,
    lists: [List; Tab::ALL.len()],
    /// Whether anything was seen.
    has_seen: bool,
    /// Columns and rows of the terminal.
    size: (u16, u16),
    /// The outcome of the last action.
    told: Option<(Tone, String)>,
    /// Why the last look failed.
    lost: Option<String>,
    /// How long the look lasts that is made now.
    waited: Duration,
    /// How many looks were asked for besides the regular ones.
    asked: u64,
}

impl State {
    pub(super) fn new(theme: Theme) -> Self {
        Self {
            theme,
            tab: Tab::Overview,
            mode: Mode::Browse,
            task: None,
            lists: Default::default(),
            has_seen: false,
            size: (80, 24),
            told: None,
            lost: None,
            waited: Duration::ZERO,
            asked: 0,
        }
    }

    /// What the looker should look at.
    pub(super) fn wanted(&self) -> Wanted {
        let focus = match (&self.task, self.tab) {
            (Some(task), _) => Focus::Task(task.id),
            (None, Tab::Overview) => Focus::Overview,
            (None, Tab::Types) => Focus::Types,
            (None, Tab::Running) => Focus::Running,
            (None, Tab::Failed) => Focus::Failed(list::failed(&self.list().filter)),
            (None, Tab::Workers) => Focus::Workers,
            (None, Tab::Crons) => Focus::Crons,
        };
        Wanted { focus, number: self.asked }
    }

    /// Takes what a look saw. What nobody waits for any more is dropped.
    pub(super) fn see(&mut self, focus: Focus, seen: Seen) {
        self.lost = None;
        self.waited = Duration::ZERO;
        self.has_seen = true;
        match (focus, seen) {
            (Focus::Task(id), Seen::Task(seen)) => {
                let width = self.size.0.into();
                if let Some(task) = self.task.as_mut().filter(|task| task.id == id) {
                    task.see(*seen, width);
                }
            }
            (Focus::Failed(filter), seen) => {
                let list = &mut self.lists[Tab::Failed as usize];
                if list::failed(&list.filter) == filter {
                    list.seen = Some(seen);
                    self.pin(Tab::Failed);
                }
            }
            (_, seen) => {
                if let Some(tab) = Tab::of(&seen) {
                    self.lists[tab as usize].seen = Some(seen);
                    self.pin(tab);
                }
            }
        }
    }

    /// Takes that rows came or went. A question about a row that is gone is withdrawn: what is selected is what is
    /// asked about.
    fn pin(&mut self, tab: Tab) {
        let rows = self.rows_of(tab);
        let is_there = self.lists[tab as usize].pin(&rows);
        let is_asked = tab == self.tab && self.task.is_none() && matches!(self.mode, Mode::Ask(_));
        if is_asked && !is_there {
            self.mode = Mode::Browse;
            self.told =
                Some((Tone::Attention, "what was asked about is gone; nothing was changed".to_owned()));
        }
    }

    /// Whether anything was seen.
    pub(super) fn has_seen(&self) -> bool {
        self.has_seen
    }

    /// Takes the failure of a look. What was seen before stays on the screen.
    pub(super) fn lose(&mut self, failure: &Failure) {
        self.waited = Duration::ZERO;
        self.lost = Some(failure.to_string());
    }

    /// Takes the outcome of an action, and asks for a look, since it changed what is seen.
    pub(super) fn tell(&mut self, outcome: Result<String, Failure>) {
        self.asked += 1;
        self.told = Some(match outcome {
            Ok(text) => (Tone::Good, text),
            Err(failure) => (Tone::Bad, failure.to_string()),
        });
    }

    /// Takes how long the look has lasted that is made now.
    pub(super) fn wait(&mut self, waited: Duration) {
        self.waited = waited;
    }

    /// Takes the size of the terminal.
    pub(super) fn resize(&mut self, width: u16, height: u16) {
        if self.size.0 != width
            && let Some(task) = &mut self.task
        {
            task.lay_out(width.into());
        }
        self.size = (width, height);
    }

    /// What the tab has seen.
    pub(super) fn seen(&self) -> Option<&Seen> {
        self.list().seen.as_ref()
    }

    /// The rows of the tab, as its filter leaves them.
    pub(super) fn rows(&self) -> Vec<Row> {
        self.rows_of(self.tab)
    }

    fn rows_of(&self, tab: Tab) -> Vec<Row> {
        let list = &self.lists[tab as usize];
        let mut rows = list.seen.as_ref().map(views::rows).unwrap_or_default();
        // The database filters failed tasks.
        if tab != Tab::Failed {
            rows.retain(|row| list.matches(row));
        }
        rows
    }

    /// The place of the selected row among them.
    pub(super) fn selected(&self, rows: &[Row]) -> Option<usize> {
        self.list().selected(rows)
    }

    fn list(&self) -> &List {
        &self.lists[self.tab as usize]
    }

    fn list_mut(&mut self) -> &mut List {
        &mut self.lists[self.tab as usize]
    }
}

#[cfg(test)]
mod tests;
