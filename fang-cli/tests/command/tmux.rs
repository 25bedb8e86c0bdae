//! A terminal of tmux: what it shows, and keys for it.

use crate::shell::Shell;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long a text may take to be shown.
const DEADLINE: Duration = Duration::from_secs(30);

/// A shell in a terminal, by a server of tmux of its own, which ends with it.
pub(crate) struct Pane {
    socket: PathBuf,
}

impl Pane {
    /// A terminal with so many columns and rows, and the address of the database in the environment of its shell.
    pub(crate) fn open(shell: &Shell, width: u16, height: u16) -> Self {
        let pane = Self { socket: std::env::temp_dir().join(format!("{}.tmux", shell.database.name())) };
        let size = [width.to_string(), height.to_string()];
        let mut tmux =
            pane.tmux(&["-u", "-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1], "sh"]);
        let tmux = tmux.env("DATABASE_URL", shell.database.uri()).env("LC_ALL", "C.UTF-8");
        succeeds(&tmux.env_remove("TMUX").env_remove("ENV").output().unwrap());
        pane.types("PS1='$ '; ");
        pane.clear();
        pane
    }

    /// Clears the screen, and waits for the next prompt.
    pub(crate) fn clear(&self) {
        self.types("clear");
        self.press("Enter");
        self.until("an empty screen", |screen| screen.trim() == "$");
    }

    /// A terminal in which `fang top` has begun, with these arguments.
    pub(crate) fn top(shell: &Shell, arguments: &str) -> Self {
        let pane = Self::open(shell, 100, 30);
        pane.start(arguments);
        pane
    }

    /// Begins `fang top` with these arguments.
    pub(crate) fn start(&self, arguments: &str) {
        self.types(&format!("{} top --interval 500ms {arguments}", env!("CARGO_BIN_EXE_fang")));
        self.press("Enter");
        self.shows("1 Overview 2 Types");
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(arguments);
        command
    }

    fn does(&self, arguments: &[&str]) -> String {
        let output = self.tmux(arguments).output().unwrap();
        succeeds(&output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Presses keys by their names in tmux: `r`, `Enter`, `C-c`.
    pub(crate) fn press(&self, keys: &str) {
        let keys: Vec<_> = keys.split(' ').collect();
        self.does(&[&["send-keys"], &keys[..]].concat());
    }

    /// Types a text.
    pub(crate) fn types(&self, text: &str) {
        self.does(&["send-keys", "-l", text]);
    }

    /// Pastes a text, as a terminal does.
    pub(crate) fn pastes(&self, text: &str) {
        self.does(&["set-buffer", text]);
        self.does(&["paste-buffer", "-p"]);
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        self.does(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// What the terminal shows now.
    pub(crate) fn screen(&self) -> String {
        self.does(&["capture-pane", "-p"])
    }

    /// The same with the codes of colours and styles.
    pub(crate) fn styled(&self) -> String {
        self.does(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the terminal shows this.
    pub(crate) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the terminal shows all of these: it may show a part of a screen before.
    pub(crate) fn shows_all(&self, texts: &[&str]) -> String {
        self.until(&texts.join(", "), |screen| texts.iter().all(|text| screen.contains(text)))
    }

    /// Waits until the terminal shows this no more.
    pub(crate) fn hides(&self, text: &str) -> String {
        self.until(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// Each look is a process of tmux, so it takes some milliseconds.
    pub(crate) fn until(&self, wanted: &str, is_there: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(began.elapsed() < DEADLINE, "{wanted:?} was never seen:\n{screen}");
        }
    }

    /// A value that tmux has of the terminal.
    pub(crate) fn value(&self, name: &str) -> String {
        self.does(&["display-message", "-p", &format!("#{{{name}}}")]).trim().to_owned()
    }

    /// The process that the shell has begun.
    pub(crate) fn process(&self) -> String {
        let shell = self.value("pane_pid");
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        children.trim().to_owned()
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).output();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}
