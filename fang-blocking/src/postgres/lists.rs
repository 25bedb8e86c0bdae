//! Where the lists of what is held begin.

use super::connect::Channel;
use super::run::{self, bind};
use diesel::sql_types::BigInt;
use fang_core::StoreError;
use fang_core::hold::FirstListed;
use fang_core::sql::Statements;
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Lists {
    pub(super) first: FirstListed,
    engine: Arc<Channel>,
    statements: Arc<Statements>,
    epoch: Instant,
}

impl Lists {
    pub(super) fn new(engine: &Arc<Channel>, statements: &Arc<Statements>) -> Arc<Self> {
        let (engine, statements) = (engine.clone(), statements.clone());
        Arc::new(Self { first: FirstListed::default(), engine, statements, epoch: Instant::now() })
    }

    /// Looks now and then where they begin.
    pub(super) fn look(&self) {
        if !self.first.is_due(self.epoch.elapsed()) {
            return;
        }
        match self.first_listed() {
            Ok(holder) => self.first.found(holder, self.epoch.elapsed()),
            Err(_) => self.first.forget(),
        }
    }

    fn first_listed(&self) -> Result<i64, StoreError> {
        let known = bind::<BigInt, _>(self.first.holder());
        let rows = run::query::<BigInt, i64>(&self.engine, &self.statements.first_listed, &[&known])?;
        Ok(rows.first().copied().unwrap_or_default())
    }
}
