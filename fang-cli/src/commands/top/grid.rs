//! Rows in columns, of which one row is selected.

use super::state::Subject;
use super::text;
use super::theme::{Theme, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// The one with the highest rank is left out first where the terminal is narrow. Those of rank 0 stay.
    rank: u8,
    /// How narrow it may become.
    least: usize,
    is_number: bool,
}

impl Column {
    /// Texts that are shown whole.
    pub(super) const fn text(title: &'static str, rank: u8) -> Self {
        Self { title, rank, least: usize::MAX, is_number: false }
    }

    /// Texts that are cut where there is no room, but not below this width.
    pub(super) const fn cut(title: &'static str, rank: u8, least: usize) -> Self {
        Self { title, rank, least, is_number: false }
    }

    /// Numbers, to the right.
    pub(super) const fn number(title: &'static str, rank: u8) -> Self {
        Self { title, rank, least: usize::MAX, is_number: true }
    }
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What the keys act on.
    pub(super) subject: Subject,
    /// A cell for each column.
    pub(super) cells: Vec<String>,
    pub(super) tone: Tone,
}

/// The space between two columns.
const GAP: usize = 2;

/// Which columns are shown, and how wide.
fn fit(columns: &[Column], rows: &[Row], width: usize) -> Vec<(usize, usize)> {
    let natural = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| text::width(cell));
        cells.max().unwrap_or(0).max(text::width(columns[column].title))
    };
    let mut shown: Vec<(usize, usize, usize)> = (0..columns.len())
        .map(|at| (at, natural(at)))
        .map(|(at, natural)| (at, natural, natural.min(columns[at].least.max(columns[at].title.len()))))
        .collect();
    let taken = |shown: &[(usize, usize, usize)]| {
        shown.iter().map(|(_, _, least)| least + GAP).sum::<usize>().saturating_sub(GAP)
    };
    while taken(&shown) > width {
        let last = shown.iter().map(|(at, ..)| columns[*at].rank).max().filter(|rank| *rank > 0);
        let Some(last) = last else { break };
        let place = shown.iter().rposition(|(at, ..)| columns[*at].rank == last);
        place.map(|place| shown.remove(place));
    }
    let mut rest = width.saturating_sub(taken(&shown));
    shown
        .into_iter()
        .map(|(at, natural, least)| {
            let more = rest.min(natural - least);
            rest -= more;
            (at, least + more)
        })
        .collect()
}

/// Draws a title, and the page of rows that has the selected one.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    (columns, rows): (&[Column], &[Row]),
    selected: Option<usize>,
    theme: Theme,
) {
    let widths = fit(columns, rows, area.width.into());
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_owned()).collect();
    let title = joined(columns, &widths, &titles);
    buffer.set_stringn(area.x, area.y, title, area.width.into(), theme.style(Tone::Title));
    let height = usize::from(area.height.saturating_sub(1)).max(1);
    let first = selected.unwrap_or(0) / height * height;
    for (line, (at, row)) in (area.y + 1..area.bottom()).zip(rows.iter().enumerate().skip(first)) {
        let mut style = theme.style(row.tone);
        if selected == Some(at) {
            style = style.patch(theme.style(Tone::Selected));
            buffer.set_style(Rect { y: line, height: 1, ..area }, style);
        }
        let text = joined(columns, &widths, &row.cells);
        buffer.set_stringn(area.x, line, text, area.width.into(), style);
    }
}

fn joined(columns: &[Column], widths: &[(usize, usize)], cells: &[String]) -> String {
    let cell = |(at, width): &(usize, usize)| {
        let text = text::fitted(cells.get(*at).map_or("", String::as_str), *width);
        let space = " ".repeat(width - text::width(&text));
        if columns[*at].is_number { space + &text } else { text + &space }
    };
    widths.iter().map(cell).collect::<Vec<_>>().join(&" ".repeat(GAP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Row { subject: Subject::Cron { name: String::new(), is_paused: false }, cells, tone: Tone::Plain }
    }

    fn drawn(width: usize) -> String {
        let columns = [Column::text("ID", 0), Column::cut("ERROR", 0, 10), Column::number("N", 1)];
        let row = row(&["7", "no answer from the server", "12"]);
        joined(&columns, &fit(&columns, std::slice::from_ref(&row), width), &row.cells)
    }

    #[test]
    fn narrow_terminals_cut_texts_first_and_leave_out_columns_then() {
        assert_eq!(drawn(60), "7   no answer from the server  12");
        assert_eq!(drawn(20), "7   no answer f…  12");
        assert_eq!(drawn(18), "7   no answer…  12");
        assert_eq!(drawn(17), "7   no answer fr…");
        assert_eq!(drawn(5), "7   no answer…");
    }
}
