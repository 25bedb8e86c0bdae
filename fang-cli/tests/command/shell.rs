//! Runs the command on a database of its own.

use fang_test_support::TestDatabase;
use serde_json::Value;
use std::process::{Command, Output, Stdio};

/// A database with tables, and a shell that names it.
pub(crate) struct Shell {
    pub(crate) database: TestDatabase,
}

impl Shell {
    pub(crate) async fn open() -> Self {
        let shell = Self { database: TestDatabase::create().await.unwrap() };
        shell.says(&["migrate"]);
        shell
    }

    /// The command with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("DATABASE_URL", self.database.uri());
        command
    }

    /// What a command prints, which has to succeed.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The JSON of a command, which has to succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Inserts a task, and returns its id.
    pub(crate) fn insert(&self, arguments: &[&str]) -> String {
        let inserted = self.json(&[&["insert"], arguments].concat());
        assert_eq!(inserted["is_new"], true, "{arguments:?}");
        inserted["id"].as_str().unwrap().to_owned()
    }

    /// A task that has failed.
    pub(crate) fn failed(&self, arguments: &[&str]) -> String {
        let id = self.insert(arguments);
        self.says(&["cancel", &id]);
        id
    }

    pub(crate) fn state(&self, id: &str) -> Value {
        self.json(&["show", id])["state"].clone()
    }

    /// The reason of a command, which has to fail.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        reason(&self.command(arguments).output().unwrap())
    }
}

/// The command without a database.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fang"));
    command.args(arguments).env_remove("DATABASE_URL").stdin(Stdio::null());
    command
}

/// The one line of a failure.
pub(crate) fn reason(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty() && text.starts_with("fang: "), "{output:?}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}
