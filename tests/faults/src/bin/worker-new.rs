//! The worker of a program after an upgrade. It knows one more kind of task, and one
//! more variant of another.

use clap::Parser;
use fang::{AsyncQueueable, AsyncRunnable, FangError, Queueable, Runnable, async_trait, typetag};
use fang_faults::Failure;
use fang_faults::roles::work::write;
use fang_faults::roles::worker::{self, WorkerSettings};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: WorkerSettings,
}

/// The new kind.
#[derive(Serialize, Deserialize)]
struct Novel;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Novel {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        write("start", queue.context())?;
        write("end", queue.context())
    }
}

#[typetag::serde]
impl Runnable for Novel {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        write("start", queue.context())?;
        write("end", queue.context())
    }
}

/// A kind that both programs know.
#[derive(Serialize, Deserialize)]
struct Grown {
    form: Form,
}

#[derive(Serialize, Deserialize)]
enum Form {
    Old,
    New,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Grown {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        write("start", queue.context())?;
        write("end", queue.context())
    }
}

#[typetag::serde]
impl Runnable for Grown {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        write("start", queue.context())?;
        write("end", queue.context())
    }
}

fn main() -> Result<(), Failure> {
    worker::run(&Arguments::parse().settings)
}
