//! Texts of tasks for the cells of a terminal, which they can neither steer nor shift.

use fang_core::operator::visible;
use ratatui::buffer::CellWidth;

/// The text in one line: with escapes for what cannot be seen or changes the direction, and without what terminals give
/// different widths.
pub(super) fn line(text: &str) -> String {
    plain(&text.replace(['\n', '\r', '\t'], " "))
}

/// The lines of a text, cut where they are wider than this: at a space, if there is one in their second half.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let (mut part, mut used) = (String::new(), 0);
        for c in plain(&line.replace('\t', "    ")).chars() {
            if used + width_of(c) > width.max(2) {
                let rest = rest_of_word(&mut part);
                used = self::width(&rest);
                lines.push(std::mem::replace(&mut part, rest));
            }
            part.push(c);
            used += width_of(c);
        }
        lines.push(part);
    }
    lines
}

/// Takes the word at the end of a line, unless it is as long as half of it.
fn rest_of_word(line: &mut String) -> String {
    match line.rfind(' ') {
        Some(space) if space > line.len() / 2 => {
            let rest = line.split_off(space + 1);
            line.truncate(space);
            rest
        }
        _ => String::new(),
    }
}

/// The text, or its beginning with a mark, so that it is no wider than this.
pub(super) fn fitted(text: &str, width: usize) -> String {
    if self::width(text) <= width {
        return text.to_owned();
    }
    let (mut begin, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += width_of(c);
        if used > width {
            break;
        }
        begin.push(c);
    }
    if width > 0 { begin + "…" } else { begin }
}

/// How many cells a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

fn width_of(c: char) -> usize {
    c.encode_utf8(&mut [0; 4]).cell_width().into()
}

/// Without variation selectors and tones of emoji, and with one mark at most on each character: terminals differ about
/// others.
fn plain(text: &str) -> String {
    let is_odd = |c: char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}');
    let mut out = String::new();
    let mut marks = 1;
    for c in visible(text).chars().filter(|c| !is_odd(*c)) {
        marks = if width_of(c) == 0 { marks + 1 } else { 0 };
        if marks <= 1 {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_steer_or_shift_the_terminal() {
        assert_eq!(line("a\u{1b}[31m\nb\tc"), "a\\u{1b}[31m b c");
        assert_eq!(line("gpj\u{202e}exe"), "gpj\\u{202e}exe");
        assert_eq!(line("e\u{301}\u{302}\u{303} ❤\u{fe0f} 👍\u{1f3fd}"), "e\u{301} ❤ 👍");
        assert_eq!(line("\u{301}a"), "a", "no mark joins what stands before the text");
    }

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(width("größer 漢字"), 11);
        assert_eq!((fitted("漢字漢字", 8), fitted("漢字漢字", 7)), ("漢字漢字".into(), "漢字漢…".into()));
        assert_eq!(
            (fitted("漢字漢字", 6), fitted("abc", 1), fitted("abc", 0)),
            ("漢字…".into(), "…".into(), String::new())
        );
        assert_eq!(wrapped("漢字漢字\n\nab", 5), ["漢字", "漢字", "", "ab"]);
        assert_eq!(wrapped("no answer from it", 12), ["no answer", "from it"]);
        assert_eq!(wrapped("a longerthanthat", 8), ["a longer", "thanthat"]);
    }
}
