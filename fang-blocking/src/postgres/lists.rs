//! Where the lists of what is held begin.

use super::connect::Channel;
use super::run::{self, bind};
use diesel::sql_types::{BigInt, Nullable};
use fang_core::StoreError;
use fang_core::hold::{FirstListed, LookAtLists};
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
        match self.ask() {
            Ok(look) => self.first.looked(look, self.epoch.elapsed()),
            Err(_) => self.first.forget(),
        }
    }

    fn ask(&self) -> Result<LookAtLists, StoreError> {
        let known = bind::<BigInt, _>(self.first.holder());
        let sql = &self.statements.first_listed;
        let (listed, open, to_come) = run::query_one::<
            (Nullable<BigInt>, BigInt, BigInt),
            (Option<i64>, i64, i64),
        >(&self.engine, sql, &[&known])?;
        Ok(LookAtLists { listed, open, to_come })
    }
}
