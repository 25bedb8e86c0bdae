//! The task that does nothing.

use fang_core::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;

/// A task that does nothing but tell that it runs.
#[derive(Serialize, Deserialize)]
pub(super) struct FangBenchNoop;

/// Where it tells when it ran.
pub(super) struct Ran(pub(super) UnboundedSender<Instant>);

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for FangBenchNoop {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        if let Some(ran) = queue.context().state::<Ran>() {
            // If nobody listens, the bench was given up.
            let _ = ran.0.send(Instant::now());
        }
        Ok(())
    }
}
