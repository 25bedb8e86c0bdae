//! The terminal of the dashboard: a screen of its own, which is left on every way out.

use super::state::State;
use super::views;
use crate::failure::Failure;
use crate::stops::Stops;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{Result, Stdout, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the screen is entered, so that it is left once.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The screen, which is left once this is dropped, and before a panic tells of itself.
pub(super) struct Canvas {
    terminal: ratatui::Terminal<CrosstermBackend<Stdout>>,
    stops: Stops,
}

impl Canvas {
    /// Enters the screen.
    pub(super) fn open() -> std::result::Result<Self, Failure> {
        HOOK.call_once(|| {
            let tell = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                leave();
                tell(panic);
            }));
        });
        let open = || {
            let terminal = ratatui::Terminal::new(CrosstermBackend::new(stdout()))?;
            enter()?;
            Ok(Self { terminal, stops: Stops::new(true) })
        };
        open().map_err(|error: std::io::Error| {
            leave();
            Failure::new(format!("the terminal cannot be used: {error}; add --plain"))
        })
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, state: &mut State) -> Result<()> {
        // A panic elsewhere has left it: what it tells stays readable.
        if !IS_ENTERED.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.terminal.draw(|frame| views::draw(frame, state))?;
        Ok(())
    }

    /// Waits for a request to stop from outside: Ctrl-Z is a key here.
    pub(super) async fn asked_to_stop(&mut self) {
        self.stops.asked().await;
    }

    /// Leaves the screen, stops the process, and enters the screen once it goes on.
    pub(super) fn stop(&mut self) -> Result<()> {
        leave();
        Stops::stop();
        enter()?;
        // A new one draws all. To clear the old one would ask the terminal for its cursor, and the answer would be a key.
        self.terminal = ratatui::Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        leave();
    }
}

/// A text that is pasted is told as such: its letters are no keys.
fn enter() -> Result<()> {
    IS_ENTERED.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// There is nothing else to try if that fails.
fn leave() {
    if IS_ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), Show, DisableBracketedPaste, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    /// Makes a process of this test panic on its screen.
    const PANICS: &str = "FANG_PANICS_ON_THE_SCREEN";

    #[tokio::test]
    async fn a_panic_leaves_the_screen_before_it_tells_of_itself() {
        if std::env::var_os(PANICS).is_some() {
            let _canvas = Canvas::open().unwrap();
            panic!("the screen is left");
        }
        let test = std::env::current_exe().unwrap();
        let name = "commands::top::canvas::tests::a_panic_leaves_the_screen_before_it_tells_of_itself";
        let line =
            format!("{PANICS}=1 {} --exact {name} --nocapture --test-threads=1; stty -a", test.display());
        let mut terminal = Command::new("script");
        let output = terminal.args(["-qefc", &line, "/dev/null"]).env("SHELL", "/bin/sh").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text:?}"));
        let (enter, leave) = (place("\u{1b}[?1049h"), place("\u{1b}[?1049l"));
        assert!(enter < leave && leave < place("the screen is left"), "{text:?}");
        assert_eq!((text.matches("\u{1b}[?1049l").count(), text.contains(" icanon")), (1, true), "{text:?}");
    }
}
