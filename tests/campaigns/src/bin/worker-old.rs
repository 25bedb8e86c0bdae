//! The worker of a program before an upgrade.

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

/// A kind that both programs know.
#[derive(Serialize, Deserialize)]
struct Grown {
    form: Form,
}

#[derive(Serialize, Deserialize)]
enum Form {
    Old,
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
