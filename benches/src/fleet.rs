//! Several child processes that work on one table.

use crate::child;
use crate::side::Served;
use fang_bench_kit::Error;
use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// How long the processes may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connected child processes.
pub(crate) struct Fleet {
    members: Vec<(Child, Option<ChildStdin>)>,
    lines: mpsc::UnboundedReceiver<(usize, String)>,
    ran: HashMap<usize, usize>,
}

impl Fleet {
    /// Starts this many processes and waits until they are connected. Their pools do not run yet.
    pub(crate) async fn launch(name: &str, uri: &str, workers: u32, processes: usize) -> Result<Self, Error> {
        Self::launch_with(&[name, uri, &workers.to_string()], processes).await
    }

    /// Starts a process whose pool serves these task types.
    pub(crate) async fn launch_serving(
        name: &str,
        uri: &str,
        workers: u32,
        served: Served,
    ) -> Result<Self, Error> {
        let served = match served {
            Served::Types(types) => types.to_string(),
            Served::All => "*".to_owned(),
        };
        Self::launch_with(&[name, uri, &workers.to_string(), &served], 1).await
    }

    async fn launch_with(words: &[&str], processes: usize) -> Result<Self, Error> {
        let (sender, lines) = mpsc::unbounded_channel();
        let mut members = Vec::new();
        for member in 0..processes {
            let mut child = Command::new(std::env::current_exe()?)
                .arg(child::WORD)
                .args(words)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            let output = child.stdout.take().ok_or("a child without output")?;
            tokio::spawn(forward(member, output, sender.clone()));
            let input = child.stdin.take();
            members.push((child, input));
        }
        let mut fleet = Self { members, lines, ran: HashMap::new() };
        fleet.all_say("ready").await?;
        Ok(fleet)
    }

    /// Starts the pools.
    pub(crate) async fn start(&mut self) -> Result<(), Error> {
        self.order("start\n").await
    }

    /// Waits until this many tasks have run in all processes together.
    pub(crate) async fn all_ran(&mut self, tasks: usize, at_most: Duration) -> Result<(), Error> {
        let end = Instant::now() + at_most;
        while self.ran.values().sum::<usize>() < tasks {
            let (member, line) = self.next_line(end).await?;
            if let Some(ran) = line.strip_prefix("ran ") {
                self.ran.insert(member, ran.parse()?);
            }
        }
        Ok(())
    }

    /// Returns the processor time of the first process, and its memory in MB.
    pub(crate) async fn cost(&mut self) -> Result<(Duration, f64), Error> {
        self.order("cost\n").await?;
        loop {
            let (_, line) = self.next_line(Instant::now() + PATIENCE).await?;
            if let Some((micros, megabytes)) =
                line.strip_prefix("cost ").and_then(|cost| cost.split_once(' '))
            {
                return Ok((Duration::from_micros(micros.parse()?), megabytes.parse()?));
            }
        }
    }

    /// Shuts all processes down.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.members.iter_mut().for_each(|(_, input)| drop(input.take()));
        for (child, _) in &mut self.members {
            tokio::time::timeout(PATIENCE, child.wait()).await??;
        }
        Ok(())
    }

    async fn order(&mut self, order: &str) -> Result<(), Error> {
        for (_, input) in &mut self.members {
            input.as_mut().ok_or("a child without input")?.write_all(order.as_bytes()).await?;
        }
        Ok(())
    }

    async fn all_say(&mut self, word: &str) -> Result<(), Error> {
        let end = Instant::now() + PATIENCE;
        let mut missing = self.members.len();
        while missing > 0 {
            missing -= usize::from(self.next_line(end).await?.1 == word);
        }
        Ok(())
    }

    async fn next_line(&mut self, end: Instant) -> Result<(usize, String), Error> {
        let line =
            timeout_at(end, self.lines.recv()).await.map_err(|_| "the processes are not done in time")?;
        line.ok_or_else(|| "all processes are gone".into())
    }
}

async fn forward(member: usize, output: ChildStdout, sender: mpsc::UnboundedSender<(usize, String)>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let _ = sender.send((member, line));
    }
}
