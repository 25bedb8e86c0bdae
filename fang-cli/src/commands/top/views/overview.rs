//! The whole fleet: sums, the last hour, and the rates of the task types.

use super::super::grid::Column;
use super::super::history::Point;
use super::super::looks::SeenOverview;
use super::super::plain::sums;
use super::super::theme::{Theme, Tone};
use super::{put, types};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Sparkline, Widget};

pub(super) const COLUMNS: [Column; 15] = types::columns([0, 3, 5, 7, 4, 8, 0, 0, 0, 1, 2, 9, 10, 11, 6]);

/// Draws what is above the task types. Returns the rest of the area.
pub(super) fn draw_above(buffer: &mut Buffer, area: Rect, seen: &SeenOverview, theme: Theme) -> Rect {
    let [tasks, pools] = sums(&seen.overview, &seen.workers, seen.counted_ago);
    put(buffer, area, [(Tone::Title, &tasks), (Tone::Plain, &pools)], theme);
    let height = if area.height >= 20 { 7 } else { 4 };
    let half = (area.width - 2) / 2;
    let left = Rect { y: area.y + 2, height, width: half, ..area };
    let right = Rect { x: area.x + half + 2, ..left };
    minutes(buffer, left, ("finished", Tone::Good), (&seen.points, |point| point.finished), theme);
    minutes(buffer, right, ("failed", Tone::Bad), (&seen.points, |point| point.failed), theme);
    let top = left.bottom() + u16::from(height > 4);
    Rect { y: top, height: area.bottom() - top, ..area }
}

/// A bar for each minute, the newest at the right, and the highest one as a number.
fn minutes(
    buffer: &mut Buffer,
    area: Rect,
    (name, tone): (&str, Tone),
    (points, of): (&[Point], fn(&Point) -> u64),
    theme: Theme,
) {
    let shown = points.len().min(area.width.into());
    let bars: Vec<u64> = points[points.len() - shown..].iter().map(of).collect();
    let most = bars.iter().max().copied().unwrap_or(0);
    let title = format!("{name} a minute: {most} at most");
    put(buffer, area, [(Tone::Faint, &title)], theme);
    let width = u16::try_from(shown).unwrap_or(area.width);
    let bars_area = Rect { y: area.y + 1, height: area.height - 1, width, ..area };
    Sparkline::default().data(&bars).max(most.max(1)).style(theme.style(tone)).render(bars_area, buffer);
}
