//! Changes of the tables whose rows are no tasks. Nobody waits for these rows, so those that the server refuses to change
//! are not remembered: each round passes over them again.

use super::AT_MOST;
use super::cause::{may_be_a_row, of_a_row};
use crate::database::Database;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use fang_core::StoreError;
use std::time::Instant;

/// The most rows that one call passes over.
const MOST_PASSED: i64 = 200;

impl<C: Connections> Database<C> {
    /// Changes rows of a table, a batch with each statement, until `most` are changed or none is left, but for a few seconds
    /// at most. Returns how many were changed. `$1` of the statement is the most rows that it changes, and `$2` how many
    /// rows it leaves out before, in an order of its own. If the server refuses it, it is sent for half of the rows, until
    /// the bad row stands alone and is left out.
    pub(crate) async fn change_rows(
        &self,
        sql: &str,
        table: &'static str,
        (batch, most): (i64, u64),
    ) -> Result<u64, StoreError> {
        let send = |rows: i64, passed: i64| Statement::count(sql, &[&rows, &passed]);
        let began = Instant::now();
        let (mut changed, mut rows, mut passed, mut is_of_a_row) = (0, batch, 0, false);
        while rows > 0 && changed < most && passed < MOST_PASSED {
            match self.execute(Role::Engine, send(rows, passed)?).await {
                Ok(count) => {
                    changed += count;
                    let is_last = i64::try_from(count).is_ok_and(|count| count < rows);
                    if is_last || began.elapsed() > AT_MOST {
                        break;
                    }
                    rows = (rows * 2).min(batch);
                }
                Err(error) if !may_be_a_row(&error) => return Err(error),
                Err(error) if began.elapsed() > AT_MOST => {
                    return if changed > 0 { Ok(changed) } else { Err(error) };
                }
                Err(error) => {
                    // Without any row the server refuses it for another reason.
                    if !is_of_a_row && self.execute(Role::Engine, send(0, 0)?).await.is_err() {
                        return Err(error);
                    }
                    is_of_a_row = true;
                    if rows > 1 {
                        rows /= 2;
                    } else {
                        self.refused.tell_of_table(table, &of_a_row(error));
                        passed += 1;
                    }
                }
            }
        }
        Ok(changed)
    }
}
