//! `fang workers`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::Table;
use clap::{Args, Subcommand};
use fang_core::operator::span::short;
use fang_core::operator::{worker_mode, worker_state};
use fang_core::store::{WorkerId, WorkerInfo};
use serde_json::{Value, json};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Make a worker quiet: it claims no more tasks, and lets the running ones end.
    Quiet {
        /// The id of the worker, as `fang workers` lists it.
        id: i64,
    },
    /// Make a quiet worker claim tasks again.
    Resume {
        /// The id of the worker, as `fang workers` lists it.
        id: i64,
    },
    /// Shut a worker down, as its first signal would.
    Stop {
        /// The id of the worker, as `fang workers` lists it.
        id: i64,
    },
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let admin = &database.admin;
    let (id, asked, is_asked) = match arguments.action {
        None => return list(&admin.workers().await?),
        Some(Action::Quiet { id }) => (id, "quiet", admin.quiet_worker(WorkerId(id)).await?),
        Some(Action::Resume { id }) => (id, "resume", admin.resume_worker(WorkerId(id)).await?),
        Some(Action::Stop { id }) => (id, "stop", admin.stop_worker(WorkerId(id)).await?),
    };
    if !is_asked {
        return Err(Failure::new(format!("no living worker has the id {id}; `fang workers` lists them")));
    }
    let plain = format!("{id}: asked to {}", if asked == "quiet" { "become quiet" } else { asked });
    Answer::new(json!({ "id": id, "asked": asked }), plain)
}

/// The most task types that a line names.
const NAMED: usize = 10;

/// The titles of the columns of workers.
pub(super) const TITLES: [&str; 9] =
    ["ID", "STATE", "BUSY", "MODE", "TASK TYPES", "HOST", "PID", "VERSION", "BEAT"];

fn list(workers: &[WorkerInfo]) -> Result<Answer, Failure> {
    let mut table = Table::new(TITLES);
    workers.iter().for_each(|worker| table.row(row(worker)));
    Answer::new(workers.iter().map(fields).collect::<Vec<_>>(), table.to_string())
}

/// The cells of a worker.
pub(super) fn row(worker: &WorkerInfo) -> [String; 9] {
    [
        worker.id.to_string(),
        worker_state(worker),
        format!("{} of {}", worker.busy, worker.workers),
        worker_mode(worker).to_owned(),
        worker.served(",", NAMED),
        worker.host.clone(),
        worker.pid.to_string(),
        worker.version.clone(),
        short(worker.silent_for),
    ]
}

fn fields(worker: &WorkerInfo) -> Value {
    json!({
        "id": worker.id.0,
        "state": worker.state.as_str(),
        "is_lost": worker.is_lost,
        "is_quiet": worker.is_quiet,
        "asked": worker.asked.map(|asked| asked.as_str()),
        "workers": worker.workers,
        "busy": worker.busy,
        "mode": worker_mode(worker),
        "task_types": worker.task_types,
        "more_task_types": worker.more_task_types,
        "all_task_types": worker.all_task_types,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version,
        "started_at": worker.started_at,
        "beat_at": worker.beat_at,
        "silent_seconds": worker.silent_for.as_secs_f64(),
    })
}
