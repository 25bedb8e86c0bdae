use super::WorkerId;
use uuid::Uuid;

/// Which claims of a worker to release.
#[derive(Clone, Copy, Debug)]
pub struct Disown<'a> {
    /// The worker.
    pub worker: WorkerId,
    /// The ids and leases of the claims that it keeps, since it knows of them. The answers to all others were lost, or
    /// they are given back, so their tasks run nowhere.
    pub known: &'a [(Uuid, i32)],
    /// Whether the heart of the pool asks, since the pool stops. Tasks may hold up all other connections then, so a store
    /// with a connection for the heart should use that one.
    pub by_heart: bool,
}

impl<'a> Disown<'a> {
    /// All claims of this worker.
    pub fn all_of(worker: WorkerId) -> Self {
        Self { worker, known: &[], by_heart: false }
    }

    /// The same claims but for these, which the worker knows of.
    #[must_use]
    pub fn but(self, known: &'a [(Uuid, i32)]) -> Self {
        Self { known, ..self }
    }

    /// The same, asked by the heart.
    #[must_use]
    pub fn by_heart(self) -> Self {
        Self { by_heart: true, ..self }
    }
}
