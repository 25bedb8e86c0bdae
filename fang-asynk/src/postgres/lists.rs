//! Where the lists of what is held begin.

use super::connect::Channel;
use super::run;
use super::store_error;
use fang_core::StoreError;
use fang_core::hold::{FirstListed, LookAtLists};
use fang_core::sql::Statements;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::Error;

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
        match self.ask().await {
            Ok(look) => self.first.looked(look, self.epoch.elapsed()),
            Err(_) => self.first.forget(),
        }
    }

    async fn ask(&self) -> Result<LookAtLists, StoreError> {
        let known = self.first.holder();
        let row = run::query_one(&self.engine, &self.statements.first_listed, &[&known]).await?;
        let read = || -> Result<LookAtLists, Error> {
            Ok(LookAtLists { listed: row.try_get(0)?, open: row.try_get(1)?, to_come: row.try_get(2)? })
        };
        read().map_err(|error| store_error(&error))
    }
}
