//! A session over one connection.

use super::copy;
use super::error::store_error;
use super::link::{Link, give_up_read_only, judge};
use super::place::Place;
use super::row::OwnRow;
use super::statement::{Keep, take_steps};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::pg::PgConnection;
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_postgres::{Answer, OwnSession, Session, Step};

/// A connection in use. It is closed if it is dropped before `finish`.
pub(crate) struct DieselSession {
    link: Link,
    place: Place,
    keep: Keep,
    /// Whether a transaction is open.
    is_open: bool,
}

impl DieselSession {
    pub(super) fn new(link: Link, place: Place, keep: Keep) -> Self {
        Self { link, place, keep, is_open: false }
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.link.connection()
    }

    /// Returns the connection to its place, unless it must not be used again.
    pub(super) fn finish<T>(mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if self.link.is_theirs() {
            give_up_read_only(self.link.connection(), &outcome);
        }
        let Place::Seat(seat) = self.place else { return outcome };
        let (outcome, is_usable) = judge(self.link.connection(), outcome);
        let outcome = match outcome {
            Err(StoreError::Statement { nature: Nature::Unknown, source })
                if is_usable && seat.finds_shared(self.link.connection()) =>
            {
                Err(StoreError::Pooled { source })
            }
            outcome => outcome,
        };
        // A useless connection is closed before its seat is freed, so that there is never one too many.
        if is_usable {
            seat.leave(self.link);
        } else {
            drop(self.link);
        }
        outcome
    }
}

impl Session for DieselSession {
    type Row = OwnRow;

    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<Answer<OwnRow>>, StoreError> {
        let begin = |connection: &mut PgConnection, sql: &str| {
            AnsiTransactionManager::begin_transaction_sql(connection, sql)
        };
        take_steps(self.link.connection(), self.keep, &mut self.is_open, begin, steps)
    }

    async fn rollback(&mut self) {
        if std::mem::take(&mut self.is_open) {
            // If the rollback fails, the connection is not used again.
            let _ = AnsiTransactionManager::rollback_transaction(self.link.connection());
        }
    }
}

impl OwnSession for DieselSession {
    async fn copy(
        &mut self,
        _: &str,
        chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
    ) -> Result<(), StoreError> {
        copy::insert(self.link.connection(), chunks).map_err(|error| store_error(&error))
    }

    /// Does nothing: the only deadline is the `statement_timeout` of the server.
    fn without_deadline(&mut self) {}

    fn is_closed(&mut self) -> bool {
        self.place.finds_closed(self.link.connection())
    }

    async fn end<T: Send>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.finish(outcome)
    }
}
