//! `fang completions`

use crate::answer::Answer;
use crate::cli::Cli;
use crate::failure::Failure;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "fang", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::new(json!({ "script": script }), script)
}
