//! The program `fang`, which looks at the database of the fleet.

use fang_bench_kit::Error;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program, which is built beside this one.
pub(super) fn path() -> std::io::Result<PathBuf> {
    let fang = std::env::current_exe()?.with_file_name("fang");
    if fang.exists() {
        return Ok(fang);
    }
    Err(std::io::Error::other(format!("{} is missing: cargo build --release -p fang-cli", fang.display())))
}

/// The address of the database for sessions with a name, by which the server lists them.
pub(super) fn named(uri: &str, name: &str) -> String {
    let sign = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{sign}application_name={name}")
}

/// A command of it that serves, until this is dropped.
pub(super) struct Server {
    process: Child,
    /// Where it listens.
    pub(super) address: String,
}

impl Server {
    /// Starts `fang COMMAND` with these variables of the environment.
    pub(super) async fn start(command: &str, variables: &[(&str, &str)]) -> Result<Self, Error> {
        let mut process = Command::new(path()?)
            .args([command, "--listen", "127.0.0.1:0"])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = process.stdout.take().ok_or("fang has no output")?;
        let first = BufReader::new(said).lines().next_line().await?.unwrap_or_default();
        let address = first.strip_prefix("serving http://").ok_or("fang does not serve")?;
        let address = address.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { process, address })
    }

    /// The id of its process.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Fails if it has ended.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        match self.process.try_wait()? {
            Some(code) => Err(format!("fang has ended: {code}").into()),
            None => Ok(()),
        }
    }
}
