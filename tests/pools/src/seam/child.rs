//! Real processes: this test program starts itself again in a role.

use super::Mode;
use crate::postgres;
use std::process::{Child as Process, Command, Stdio};

const ROLE: &str = "FANG_TEST_ROLE";
const MODE: &str = "FANG_TEST_MODE";
const URI: &str = "FANG_TEST_URI";

/// A process that is to be started.
pub struct Child(Command);

impl Child {
    /// Makes a process with this role and database. It should end when its standard input closes.
    pub fn new(role: &str, mode: Mode, uri: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["seam::child::be_a_process_in_a_role", "--exact", "--nocapture"])
            .envs([(ROLE, role), (URI, uri), (MODE, if mode == Mode::Asynk { "asynk" } else { "blocking" })])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Self(command)
    }

    /// Makes its clock wrong by this much.
    pub fn skewed(mut self, by: &str) -> Self {
        fang_test_support::skew(&mut self.0, by).unwrap();
        self
    }

    pub fn spawn(mut self) -> Process {
        self.0.spawn().unwrap()
    }
}

/// Waits until the parent closes the standard input or ends.
pub async fn told_to_end() {
    let parent = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    let _ = parent.await;
}

/// Not a test, but the main function of such a process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_in_a_role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mode = if std::env::var(MODE).unwrap() == "asynk" { Mode::Asynk } else { Mode::Blocking };
    let uri = std::env::var(URI).unwrap();
    match role.as_str() {
        "busy" => postgres::processes::is_busy(mode, &uri).await,
        "forks" => postgres::processes::forks(mode, &uri).await,
        "clock that works" => postgres::clocks::works(mode, &uri).await,
        "clock that produces" => postgres::clocks::produces(mode, &uri).await,
        "payer" => postgres::finish_in::pays(mode, &uri).await,
        "ticker" => postgres::ticks::fires(mode, &uri).await,
        "worker" => postgres::processes::works(mode, &uri).await,
        _ => panic!("{role}"),
    }
}
