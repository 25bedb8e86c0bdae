use crate::app::App;
use crate::parse::{self, Item};
use crate::trouble::Trouble;
use crate::{fetch, save};
use fang::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
use serde::{Deserialize, Serialize};

/// The task type of these tasks. Each task type has a pool of its own, so that slow servers delay no delivery.
pub(crate) const TASK_TYPE: &str = "feeds";

/// Fetches a feed and saves its new items.
#[derive(Serialize, Deserialize)]
pub(crate) struct SyncFeed {
    pub(crate) feed: i64,
    pub(crate) url: String,
}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for SyncFeed {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let (app, attempt) = (App::of(queue)?, queue.context().attempt());
        app.figures.light.count();
        match self.items(app).await {
            Ok(items) => save::items(app, self.feed, attempt, &items).await,
            Err(trouble) => {
                save::trouble(app, self.feed, attempt, &trouble).await?;
                Err(trouble.into())
            }
        }
    }

    fn task_type(&self) -> String {
        TASK_TYPE.to_owned()
    }

    /// A feed whose task still waits is not inserted again.
    fn uniq(&self) -> bool {
        true
    }

    /// Few retries are enough, since the next round tries again.
    fn max_retries(&self) -> i32 {
        2
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        1
    }
}

impl SyncFeed {
    async fn items(&self, app: &App) -> Result<Vec<Item>, Trouble> {
        let url = app.resolve(&self.url).map_err(Trouble::Url)?;
        parse::parse(&fetch::fetch(&app.http, url).await?)
    }
}
