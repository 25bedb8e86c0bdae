//! Questions and tables on a terminal, which `script` makes.

use crate::shell::Shell;
use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

const FANG: &str = env!("CARGO_BIN_EXE_fang");

impl Shell {
    /// The command on a terminal.
    fn on_terminal(&self, arguments: &str) -> Child {
        self.in_terminal(&format!("exec {FANG} {arguments}"))
    }

    /// A line of a shell on a terminal. A shell that waits for the command would be ended by Ctrl-C as well: let the line `exec` it.
    fn in_terminal(&self, line: &str) -> Child {
        let mut command = Command::new("script");
        command
            .args(["-qefc", line, "/dev/null"])
            .env("DATABASE_URL", self.database.uri())
            .env("SHELL", "/bin/sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    }
}

/// Reads until a text is among all that was shown.
fn read_until(stdout: &mut ChildStdout, all: &mut String, shown: &str) {
    let mut part = [0; 4096];
    while !all.contains(shown) {
        let read = stdout.read(&mut part).unwrap();
        assert!(read > 0, "{all:?}");
        *all += &String::from_utf8_lossy(&part[..read]);
    }
}

/// Types a text once another one is shown. Returns all that was shown.
fn type_after(child: &mut Child, shown: &str, text: &str) -> String {
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut all = String::new();
    read_until(&mut stdout, &mut all, shown);
    stdin.write_all(text.as_bytes()).unwrap();
    stdout.read_to_string(&mut all).unwrap();
    all
}

#[tokio::test]
async fn nothing_is_changed_without_a_yes() {
    let shell = Shell::open().await;
    let id = shell.failed(&["Mail", "{}"]);
    for (answer, code, state) in [("n\n", 2, "failed"), ("\n", 2, "failed"), ("y\n", 0, "retried")] {
        let mut asked = shell.on_terminal("retry --kind Mail");
        let text = type_after(&mut asked, "1 task would be retried. Go on? [y/N] ", answer);
        assert_eq!(asked.wait().unwrap().code(), Some(code), "{text}");
        assert_eq!(shell.state(&id), state, "{text}");
    }
}

#[tokio::test]
async fn a_task_that_is_inserted_after_the_question_is_left_alone() {
    let shell = Shell::open().await;
    let counted = shell.insert(&["Mail", "{}"]);
    let mut asked = shell.on_terminal("cancel --kind Mail");
    let (mut stdin, mut stdout) = (asked.stdin.take().unwrap(), asked.stdout.take().unwrap());
    read_until(&mut stdout, &mut String::new(), "1 task would be cancelled. Go on? [y/N] ");
    let later = shell.insert(&["Mail", "{}"]);
    stdin.write_all(b"y\n").unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(asked.wait().unwrap().code(), Some(0), "{rest}");
    assert!(rest.contains("1 task was cancelled"), "{rest}");
    assert_eq!((shell.state(&counted), shell.state(&later)), ("failed".into(), "new".into()));
}

const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

#[tokio::test]
async fn a_table_that_refreshes_leaves_the_terminal_as_it_was() {
    let shell = Shell::open().await;
    shell.insert(&["Mail", "{}"]);
    let mut top = shell.on_terminal("top --plain --interval 500ms");
    let text = type_after(&mut top, "TASK TYPE", "\u{3}");
    assert_eq!(top.wait().unwrap().code(), Some(0), "{text}");
    // The terminal echoes the key at any place.
    let printed = text.replace("^C", "");
    assert!(printed.trim_start().starts_with(ENTER) && printed.trim_end().ends_with(LEAVE), "{text:?}");
}

#[tokio::test]
async fn a_table_that_refreshes_is_cut_to_the_height_of_the_terminal() {
    let shell = Shell::open().await;
    for task_type in ["a", "b", "c", "d", "e", "f"] {
        shell.says(&["types", "pause", task_type]);
    }
    let mut top =
        shell.in_terminal(&format!("stty rows 7 cols 120; exec {} top --plain --interval 500ms", FANG));
    let text = type_after(&mut top, " more", "\u{3}");
    assert_eq!(top.wait().unwrap().code(), Some(0), "{text}");
    let screen = text.split(ENTER).nth(1).unwrap().split("\u{1b}[J").next().unwrap();
    assert_eq!(screen.lines().count(), 7, "{screen:?}");
    assert!(screen.contains("\nb ") && !screen.contains("\nc ") && screen.contains("\n4 more"), "{screen:?}");
}
