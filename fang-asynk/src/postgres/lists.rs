//! Where the lists of what is held begin.

use super::connect::Channel;
use super::run;
use super::store_error;
use fang_core::StoreError;
use fang_core::hold::FirstListed;
use fang_core::sql::Statements;
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Lists {
    pub(super) first: FirstListed,
    engine: Channel,
    statements: Arc<Statements>,
    epoch: Instant,
}

impl Lists {
    pub(super) fn new(engine: &Channel, statements: &Arc<Statements>) -> Arc<Self> {
        let (engine, statements) = (engine.clone(), statements.clone());
        Arc::new(Self { first: FirstListed::default(), engine, statements, epoch: Instant::now() })
    }

    /// Looks now and then where they begin.
    pub(super) async fn look(&self) {
        if !self.first.is_due(self.epoch.elapsed()) {
            return;
        }
        match self.first_listed().await {
            Ok(holder) => self.first.found(holder, self.epoch.elapsed()),
            Err(_) => self.first.forget(),
        }
    }

    async fn first_listed(&self) -> Result<i64, StoreError> {
        let known = self.first.holder();
        let row = run::query_one(&self.engine, &self.statements.first_listed, &[&known]).await?;
        row.try_get(0).map_err(|error| store_error(&error))
    }
}
