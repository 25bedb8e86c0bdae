//! The place of a caller: alone, or among those that wait.

use super::letterbox::Letterbox;
use super::{SharedInserts, Told};

/// The right of a caller to send its tasks itself. It ends with the value.
#[derive(Debug)]
pub(super) struct Alone<'a> {
    inserts: &'a SharedInserts,
    is_counted: bool,
}

impl<'a> Alone<'a> {
    /// Of the caller that came alone.
    pub(super) fn counted(inserts: &'a SharedInserts) -> Self {
        Self { inserts, is_counted: true }
    }

    /// Of a caller that comes while others are stuck.
    pub(super) fn uncounted(inserts: &'a SharedInserts) -> Self {
        Self { inserts, is_counted: false }
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        if self.is_counted {
            self.inserts.state().has_lone = false;
        }
    }
}

/// The place of a caller that waits. A caller that gives up leaves with its tasks, unless they are under way.
#[derive(Debug)]
pub(super) struct Place<'a> {
    inserts: &'a SharedInserts,
    number: u64,
    told: Letterbox,
    /// Whether it was told something. It is not in the queue then, or leads.
    is_told: bool,
}

impl<'a> Place<'a> {
    pub(super) fn new(inserts: &'a SharedInserts, number: u64, told: Letterbox) -> Self {
        Self { inserts, number, told, is_told: false }
    }

    /// Waits until it is told something. `None` if nobody is left that could.
    pub(super) async fn told(mut self) -> Option<Told> {
        let told = (&mut self.told).await;
        self.is_told = true;
        told
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        self.told.leave();
        let mut state = self.inserts.state();
        let place = state.waiting.iter().position(|caller| caller.number == self.number);
        let caller = place.and_then(|place| state.waiting.remove(place));
        // Without the lock, since other code may run when it is dropped.
        drop(state);
        drop(caller);
    }
}
