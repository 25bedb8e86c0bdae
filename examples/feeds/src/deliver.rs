use crate::app::App;
use fang::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// The task type of these tasks.
pub(crate) const TASK_TYPE: &str = "deliveries";

// A task runs at least once. A repeated insert changes nothing, so the item is delivered once.
const INSERT: &str = "
    INSERT INTO fang_feeds.outbox (item, subscriber) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Delivers an item to a subscriber: inserts it into the outbox.
#[derive(Serialize, Deserialize)]
pub(crate) struct Deliver {
    pub(crate) item: i64,
    pub(crate) subscriber: i64,
    /// For the delivery latency in the summary.
    pub(crate) inserted_at: SystemTime,
}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Deliver {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let app = App::of(queue)?;
        app.figures.light.count();
        app.figures.delivery_begins(self.inserted_at);
        let client = app.database.get().await?;
        let statement = client.prepare_cached(INSERT).await?;
        client.execute(&statement, &[&self.item, &self.subscriber]).await?;
        Ok(())
    }

    fn task_type(&self) -> String {
        TASK_TYPE.to_owned()
    }
}
