//! A claim of which nothing is written yet, as its tasks see it.

use super::results::Finished;
use crate::runtime::BoxFuture;
use std::fmt;

/// A claim of which nothing is written yet. It keeps the results of its tasks until it is over.
pub trait UnwrittenClaim: Send + Sync + fmt::Debug {
    /// Keeps a result, or gives it back to be saved like any other: then the claim is over.
    fn keep(&self, result: Finished) -> Option<Finished>;

    /// Waits until the claim is written, or over.
    fn written(&self) -> BoxFuture<'_, ()>;
}
