use fang_core::store::{Cursor, MAX_LOOK, PageRequest};
use uuid::Uuid;

/// A task that matches.
pub(super) struct Hit {
    pub(super) id: Uuid,
    /// Where the page would end behind it.
    pub(super) place: Cursor,
    /// The size of its payload in the table, which may be compressed.
    pub(super) bytes: i64,
}

/// What a look has found so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) hits: Vec<Hit>,
    pub(super) looked: u64,
    pub(super) next: Option<Cursor>,
}

impl Found {
    /// How many tasks more may be found.
    pub(super) fn room(&self, request: &PageRequest<'_>) -> u64 {
        request.room().saturating_sub(self.hits.len() as u64)
    }

    /// How many tasks more may be looked at.
    pub(super) fn left(&self) -> u64 {
        MAX_LOOK.saturating_sub(self.looked)
    }
}
