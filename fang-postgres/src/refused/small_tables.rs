//! Changes of the tables whose rows are no tasks. Nobody waits for these rows, so those that the server refuses to change
//! are not remembered: each round passes over them again.

use super::{AT_MOST, may_be_a_row};
use crate::database::Database;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use fang_core::StoreError;
use std::time::Instant;

/// The most rows that one round passes over.
const MOST_PASSED: i64 = 20;

impl<C: Connections> Database<C> {
    /// Changes up to about this many rows of a table, and returns how many. `$1` of the statement is the most rows that
    /// it changes, and `$2` how many rows it leaves out before, in an order of its own. If the server refuses it, it is
    /// sent for half of the rows, until the bad row stands alone and is left out.
    pub(crate) async fn change_rows(
        &self,
        sql: &str,
        table: &'static str,
        most: i64,
    ) -> Result<u64, StoreError> {
        let began = Instant::now();
        let (mut changed, mut rows, mut passed) = (0, most, 0);
        loop {
            match self.execute(Role::Engine, Statement::count(sql, &[&rows, &passed])?).await {
                Ok(count) => {
                    changed += count;
                    let is_last = i64::try_from(count).is_ok_and(|count| count < rows);
                    if is_last || changed >= most.unsigned_abs() || began.elapsed() > AT_MOST {
                        return Ok(changed);
                    }
                    rows = (rows * 2).min(most);
                }
                Err(error) if !may_be_a_row(&error) || began.elapsed() > AT_MOST || passed == MOST_PASSED => {
                    return Err(error);
                }
                Err(_) if rows > 1 => rows /= 2,
                Err(error) => {
                    self.refused.tell_of_table(table, &error);
                    passed += 1;
                }
            }
        }
    }
}
