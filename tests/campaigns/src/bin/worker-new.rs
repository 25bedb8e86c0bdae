//! The worker of a program after an upgrade. It knows one more kind of task, and one
//! more variant of another.

use clap::Parser;
use fang::{AsyncQueueable, AsyncRunnable, FangError, Queueable, Runnable, async_trait, typetag};
use fang_campaigns::Failure;
use fang_campaigns::roles::worker::{self, WorkerSettings};
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
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[typetag::serde]
impl Runnable for Novel {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
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
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[typetag::serde]
impl Runnable for Grown {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    worker::run(&Arguments::parse().settings)
}
