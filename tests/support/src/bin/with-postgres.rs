//! `with-postgres [--durable] [--] COMMAND [ARGUMENT...]`
//!
//! Runs a command with a throwaway Postgres cluster. The command finds the
//! cluster in `DATABASE_URL`, and the cluster is removed afterwards. If
//! `DATABASE_URL` is set already, the command uses that server.

use fang_test_support::{Cluster, Durability, TEMPLATE, clean_after_faketime};
use std::{
    env,
    error::Error,
    ffi::OsString,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

const USAGE: &str = "usage: with-postgres [--durable] [--] COMMAND [ARGUMENT...]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("with-postgres: {error}");
            // The exit code of a shell for a command that cannot be run.
            ExitCode::from(127)
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (durability, mut words) = arguments();
    let program = words.next().ok_or(USAGE)?;
    let mut command = Command::new(&program);
    command.args(words);
    let cluster = match env::var_os("DATABASE_URL") {
        Some(_) => None,
        None => Some(Cluster::create_as_template(durability)?),
    };
    if let Some(cluster) = &cluster {
        command.env("DATABASE_URL", cluster.uri("postgres")).env(TEMPLATE, cluster.template());
    }
    let child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    let status = wait(child).await?;
    drop(cluster);
    clean_after_faketime();
    Ok(code(status))
}

fn arguments() -> (Durability, impl Iterator<Item = OsString>) {
    let mut words = env::args_os().skip(1).peekable();
    let durable = words.next_if(|word| word == "--durable").is_some();
    words.next_if(|word| word == "--");
    let durability = if durable { Durability::Durable } else { Durability::Fast };
    (durability, words)
}

/// Waits for the command. Ctrl-C reaches the command from the terminal, so this
/// process ignores it and keeps the cluster until the command has ended. SIGTERM
/// reaches only this process, which passes it on.
async fn wait(mut child: Child) -> Result<ExitStatus, Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                if let Some(pid) = child.id() {
                    Command::new("kill").arg(pid.to_string()).status().await?;
                }
            }
        }
    }
}

/// The exit code of the command, or 128 and the number of the signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    let number = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .and_then(|number| u8::try_from(number).ok());
    number.map_or(ExitCode::FAILURE, ExitCode::from)
}
