//! A session over one connection that the library opened.

use super::canceller::Canceller;
use super::clocks::Clocks;
use super::error::store_error;
use super::pipeline::{self, TokioRow};
use bytes::Bytes;
use deadpool_postgres::{ClientWrapper, Object};
use fang_core::StoreError;
use fang_postgres::{Answer, OwnSession, Session, Step};
use futures_util::SinkExt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio_postgres::Error;

/// The time limit of one call. After it, the connection is closed, since its socket may be half open. The
/// `statement_timeout` of the server is the same, so that the statement ends there as well.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// A connection in use. It is closed if it is dropped while it is broken, has an open transaction, or looks: the next caller
/// should not wait for an answer that nobody wants.
pub(crate) struct TokioSession {
    client: Client,
    is_pooled: bool,
    deadline: Option<Duration>,
    /// Whether a transaction is open.
    is_open: bool,
    /// Whether the connection must not be used again.
    is_broken: bool,
    /// Whether it stays open for the next session.
    is_kept: bool,
    /// Whether a transaction is open that may have changed something.
    may_have_changed: bool,
    /// Whether it waits for the answers of steps that only read, and nothing was changed before in their transaction.
    is_looking: bool,
}

enum Client {
    /// From a pool, to which it returns.
    Lent(Option<Object>, Canceller),
    /// From no pool: it is closed after use.
    Own(ClientWrapper),
}

impl TokioSession {
    pub(super) fn lent(client: Object, is_pooled: bool, canceller: Canceller) -> Self {
        Self::new(Client::Lent(Some(client), canceller), is_pooled)
    }

    pub(super) fn own(client: ClientWrapper, is_pooled: bool) -> Self {
        Self::new(Client::Own(client), is_pooled)
    }

    fn new(client: Client, is_pooled: bool) -> Self {
        Self {
            client,
            is_pooled,
            deadline: Some(DEADLINE),
            is_open: false,
            is_broken: false,
            is_kept: true,
            may_have_changed: false,
            is_looking: false,
        }
    }

    /// Closes the connection after use unless it is kept.
    pub(super) fn kept(mut self, is_kept: bool) -> Self {
        self.is_kept = is_kept;
        self
    }

    fn client(&self) -> Result<&ClientWrapper, StoreError> {
        match &self.client {
            Client::Lent(Some(client), _) => Ok(client),
            Client::Own(client) => Ok(client),
            Client::Lent(None, _) => Err(StoreError::unreachable("the connection was given back".into())),
        }
    }

    /// Marks the connection as broken after an outcome that makes it useless.
    fn note<T>(&mut self, outcome: &Result<T, StoreError>) {
        // A server that has become a standby refuses all writes, so a new connection must find the primary.
        self.is_broken |= matches!(
            outcome,
            Err(StoreError::Timeout { .. } | StoreError::ClockPaused | StoreError::ReadOnly { .. })
        );
    }
}

/// Waits for `work`, at most until the deadline.
async fn in_time<T>(
    deadline: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, StoreError> {
    let work = async { work.await.map_err(|error| store_error(&error)) };
    let Some(deadline) = deadline else { return work.await };
    let too_late = StoreError::Timeout { seconds: deadline.as_secs() };
    let clocks = Clocks::read();
    tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| Err(clocks.explain(too_late)))
}

impl Session for TokioSession {
    type Row = TokioRow;

    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<Answer<TokioRow>>, StoreError> {
        let (ends, was_open) = (steps.iter().any(|step| matches!(step, Step::Commit)), self.is_open);
        // Steps that contain a begin and a commit leave no transaction open.
        self.is_open |= !ends && steps.iter().any(|step| matches!(step, Step::Begin(_)));
        self.may_have_changed |= Step::may_change(steps);
        // It stays set if the caller goes away meanwhile.
        self.is_looking = !self.may_have_changed;
        let outcome = in_time(self.deadline, pipeline::send(self.client()?, steps, self.is_pooled)).await;
        self.is_looking = false;
        // If a statement cannot be prepared, its commit is not sent.
        self.is_open &= !ends || was_open && outcome.is_err();
        self.may_have_changed &= self.is_open;
        self.note(&outcome);
        outcome
    }

    async fn rollback(&mut self) {
        if !self.is_open || self.is_broken {
            return;
        }
        let outcome = match self.client() {
            Ok(client) => in_time(self.deadline, client.batch_execute("ROLLBACK")).await,
            Err(error) => Err(error),
        };
        self.is_broken |= outcome.is_err();
        self.is_open = false;
    }
}

impl OwnSession for TokioSession {
    async fn copy(
        &mut self,
        sql: &str,
        chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
    ) -> Result<(), StoreError> {
        let client = self.client()?;
        let work = async {
            let mut sink = pin!(client.copy_in::<_, Bytes>(sql).await?);
            for chunk in chunks {
                sink.send(chunk.into()).await?;
            }
            sink.finish().await.map(|_| ())
        };
        let outcome = in_time(self.deadline, work).await;
        self.note(&outcome);
        // PgBouncer may miscount the answers after a refused COPY, and then the next answer would never arrive.
        self.is_broken |= self.is_pooled && outcome.is_err();
        outcome
    }

    fn without_deadline(&mut self) {
        self.deadline = None;
    }

    fn is_closed(&mut self) -> bool {
        self.client().is_ok_and(|client| client.is_closed())
    }

    async fn end<T: Send>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome
    }
}

impl Drop for TokioSession {
    fn drop(&mut self) {
        let Client::Lent(client, canceller) = &mut self.client else { return };
        let permit = if self.is_looking { canceller.permit() } else { None };
        if !(self.is_open || self.is_broken || !self.is_kept || permit.is_some()) {
            return;
        }
        if let (Some(client), Some(permit)) = (client.take().map(Object::take), permit) {
            permit.give_up(client);
        }
    }
}
