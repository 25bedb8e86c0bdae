//! The heart as a part of its pool.

use super::Heart;
use crate::part::Part;
use crate::state::Pool;

impl Part for Heart {
    const NAME: &str = "heart";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        while self.pause().await {
            self.beat().await;
        }
    }
}
