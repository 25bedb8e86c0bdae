//! A lock-claim, as its tasks see it.

use super::results::Finished;
use crate::runtime::BoxFuture;
use std::fmt;

/// A claim that is not written yet. It keeps the results of its tasks until it commits.
pub trait UnwrittenClaim: Send + Sync + fmt::Debug {
    /// Keeps a result. Once the claim is over it returns the result instead, to be saved like that of any written
    /// claim.
    fn keep(&self, result: Finished) -> Option<Finished>;

    /// Waits until the claim is written or over.
    fn written(&self) -> BoxFuture<'_, ()>;
}
