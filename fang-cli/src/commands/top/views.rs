//! Draws the state: a line of tabs, the tab or what is above it, a line that tells, and a line of keys.

mod crons;
mod failed;
mod help;
mod overview;
mod running;
pub(super) mod task;
mod types;
mod workers;

use super::grid::{self, Column, Row};
use super::looks::Seen;
use super::state::{Mode, State, Tab};
use super::text;
use super::theme::{Theme, Tone};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The smallest terminal.
const LEAST: (u16, u16) = (60, 15);

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State) {
    let area = frame.area();
    state.resize(area.width, area.height);
    let buffer = frame.buffer_mut();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("The terminal has {}x{}; fang top needs 60x15.", area.width, area.height);
        put(
            buffer,
            area,
            text::wrapped(&text, area.width.into()).iter().map(|line| (Tone::Plain, line)),
            state.theme,
        );
        return;
    }
    let (tone, status) = state.status(area.width.into());
    let below = u16::try_from(status.len()).unwrap_or(1) + 1;
    let body = Rect { y: area.y + 1, height: area.height - 1 - below, ..area };
    tabs(buffer, area, state);
    match (&state.mode, &state.task) {
        (Mode::Help, _) => help::draw(buffer, body, state.theme),
        (_, Some(task)) => {
            let lines = task.lines.iter().skip(task.top).map(|(tone, line)| (*tone, line));
            put(buffer, body, lines, state.theme);
        }
        (_, None) => tab(buffer, body, state),
    }
    let status_area = Rect { y: body.bottom(), height: below - 1, ..area };
    put(buffer, status_area, status.iter().map(|line| (tone, line)), state.theme);
    let keys = keys(state);
    put(buffer, Rect { y: area.bottom() - 1, height: 1, ..area }, [(Tone::Faint, &keys)], state.theme);
}

/// Lines, as many as there is room for.
fn put<'a>(
    buffer: &mut Buffer,
    area: Rect,
    lines: impl IntoIterator<Item = (Tone, &'a String)>,
    theme: Theme,
) {
    for (y, (tone, line)) in (area.y..area.bottom()).zip(lines) {
        buffer.set_stringn(area.x, y, line, area.width.into(), theme.style(tone));
    }
}

fn tabs(buffer: &mut Buffer, area: Rect, state: &State) {
    let mut x = area.x;
    for (number, tab) in (1..).zip(Tab::ALL) {
        let tone = if tab == state.tab { Tone::Selected } else { Tone::Title };
        let title = format!("{number} {}", tab.title());
        let room = usize::from(area.right().saturating_sub(x));
        x = buffer.set_stringn(x, area.y, title, room, state.theme.style(tone)).0 + 1;
    }
}

fn keys(state: &State) -> String {
    match (&state.mode, &state.task) {
        (Mode::Ask(_), _) => "y do it  any other key leaves it".to_owned(),
        (Mode::Filter(_), _) => "Enter filter  Esc leave it".to_owned(),
        (Mode::Help, _) => "any key closes the help".to_owned(),
        (_, Some(_)) => "r retry  c cancel  d remove  f fold  Esc back  ? help".to_owned(),
        (_, None) => format!("{}  / filter  ? help  q leave", state.tab.keys()),
    }
}

fn tab(buffer: &mut Buffer, area: Rect, state: &State) {
    let Some(seen) = state.seen() else {
        put(buffer, area, [(Tone::Faint, &"looking...".to_owned())], state.theme);
        return;
    };
    let area = match seen {
        Seen::Overview(seen) => overview::draw_above(buffer, area, seen, state.theme),
        _ => area,
    };
    let rows = state.rows();
    let selected = state.selected(&rows);
    grid::draw(buffer, area, (columns(state.tab), &rows), selected, state.theme);
    if rows.is_empty() && area.height > 1 {
        let area = Rect { y: area.y + 1, height: 1, ..area };
        put(buffer, area, [(Tone::Faint, &"none".to_owned())], state.theme);
    }
}

fn columns(tab: Tab) -> &'static [Column] {
    match tab {
        Tab::Overview => &overview::COLUMNS,
        Tab::Types => &types::COLUMNS,
        Tab::Running => &running::COLUMNS,
        Tab::Failed => &failed::COLUMNS,
        Tab::Workers => &workers::COLUMNS,
        Tab::Crons => &crons::COLUMNS,
    }
}

/// The rows of a tab.
pub(super) fn rows(seen: &Seen) -> Vec<Row> {
    let mut rows = match seen {
        Seen::Overview(seen) => types::rows(&seen.types),
        Seen::Types(types, _) => types::rows(types),
        Seen::Running { page, workers, now } => running::rows(&page.tasks, workers, *now),
        Seen::Failed { tasks, now, .. } => failed::rows(tasks, *now),
        Seen::Workers(workers) => workers::rows(workers),
        Seen::Crons { crons, now } => crons::rows(crons, *now),
        Seen::Task(_) => Vec::new(),
    };
    for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
        *cell = text::line(cell);
    }
    rows
}

#[cfg(test)]
mod tests;
