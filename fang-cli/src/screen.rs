//! The terminal of a table that refreshes.

use crate::failure::Failure;
use crate::stops::Stops;
use console::Term;
use std::io::Write;

/// Homes the cursor; then each line clears its rest, and at last the screen below is cleared.
const HOME: &str = "\u{1b}[H";
const REST_OF_LINE: &str = "\u{1b}[K";
const BELOW: &str = "\u{1b}[J";
/// The screen that terminals keep apart, so that what stood there comes back, without a cursor, and with long lines
/// cut.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// A screen of its own on the terminal, which is as before once this is dropped. Off a terminal, texts follow each
/// other.
pub(crate) struct Screen {
    terminal: Option<Term>,
    stops: Stops,
}

impl Screen {
    pub(crate) fn open(is_terminal: bool) -> Result<Self, Failure> {
        let terminal = is_terminal.then(Term::stdout);
        let screen = Self { terminal, stops: Stops::new(is_terminal) };
        screen
            .write(ENTER)
            .map_err(|error| Failure::new(format!("the terminal cannot be written: {error}")))?;
        Ok(screen)
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        if self.terminal.is_none() {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Draws the whole screen, as many lines of the text as the terminal has now.
    pub(crate) fn show(&self, text: &str) -> std::io::Result<()> {
        let Some(terminal) = &self.terminal else {
            return writeln!(std::io::stdout().lock(), "{text}");
        };
        let height = terminal.size_checked().map_or(usize::MAX, |(rows, _)| usize::from(rows));
        let ends = format!("{REST_OF_LINE}\n");
        self.write(&format!("{HOME}{}{REST_OF_LINE}{BELOW}", cut(text, height).replace('\n', &ends)))
    }

    /// Waits for Ctrl-Z. Then leaves the screen, stops the process, and enters the screen once it goes on.
    pub(crate) async fn suspended(&mut self) {
        self.stops.asked().await;
        // If the terminal is gone, the next text tells.
        let _ = self.write(LEAVE);
        Stops::stop();
        let _ = self.write(ENTER);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nothing else to try.
        let _ = self.write(LEAVE);
    }
}

/// So many lines of a text, the last of which tells how many are left out.
fn cut(text: &str, height: usize) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    if lines.len() <= height.max(1) {
        return lines.join("\n");
    }
    let shown = height.saturating_sub(1);
    let more = format!("{} more", lines.len() - shown);
    lines.iter().take(shown).copied().chain([more.as_str()]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_high_is_cut_and_tells_how_much_is_left_out() {
        assert_eq!(cut("a\nb\nc\n", 3), "a\nb\nc");
        assert_eq!(cut("a\nb\nc\n", 2), "a\n2 more");
        assert_eq!(cut("a\nb\nc", 1), "3 more");
        assert_eq!(cut("a\nb", 0), "2 more");
    }
}
