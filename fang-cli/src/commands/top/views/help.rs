//! The keys.

use super::super::theme::{Theme, Tone};
use super::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const KEYS: [(&str, &str); 12] = [
    ("1 to 6, Tab", "another tab"),
    ("arrows, Page, Home", "another row, or further in a task"),
    ("Enter", "look into a task; f folds its payload"),
    ("/", "filter; failed by error, kind=X, type=X"),
    ("Esc", "back: from a task, from a filter, out"),
    ("R", "look again now"),
    ("p", "pause or resume a task type or a cron"),
    ("n", "insert a task of a cron now"),
    ("r, c, d", "retry, cancel or remove a task"),
    ("z, s", "make a worker quiet or resume it; stop"),
    ("Ctrl-Z", "stop the dashboard until fg"),
    ("q, Ctrl-C", "leave"),
];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, theme: Theme) {
    let lines: Vec<String> = KEYS.iter().map(|(key, what)| format!("{key:<19} {what}")).collect();
    put(buffer, area, lines.iter().map(|line| (Tone::Plain, line)), theme);
}
