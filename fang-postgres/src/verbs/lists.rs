//! Where the lists of locked tasks begin.

use crate::database::Database;
use crate::row::get;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use fang_core::StoreError;
use fang_core::lists::LookAtLists;

impl<C: Connections> Database<C> {
    /// Looks up, about once a second, where the lists begin.
    pub(crate) async fn look_at_lists(&self) {
        if !self.first.is_due(self.epoch.elapsed()) {
            return;
        }
        match self.ask_where_lists_begin().await {
            Ok(look) => self.first.looked(look, self.epoch.elapsed()),
            Err(_) => self.first.forget(),
        }
    }

    async fn ask_where_lists_begin(&self) -> Result<LookAtLists, StoreError> {
        let statement = Statement::rows(&self.sql.first_listed, &[&self.first.transaction()])?;
        let row = self.query_one(Role::Engine, statement).await?;
        Ok(LookAtLists { listed: get(&row, 0)?, open: get(&row, 1)?, to_come: get(&row, 2)? })
    }
}
