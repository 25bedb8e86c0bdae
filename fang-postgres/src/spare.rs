//! How many connections a pool keeps when the server has few. More pools than the server has connections can work
//! together, if each opens one for a statement and closes it again.

use std::sync::atomic::{AtomicBool, Ordering};

/// What a beat tells of the connections of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowd {
    /// How many connections ordinary roles may have.
    pub(crate) slots: i64,
    /// How many are open.
    pub(crate) open: i64,
    /// How many pools run.
    pub(crate) pools: i64,
}

impl Crowd {
    /// Whether pools are too few to fill the server: what is missing, other programs have taken.
    pub(crate) fn is_small(self) -> bool {
        self.pools * 4 <= self.slots
    }
}

/// Which connections a pool keeps between two statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Those for claims and finishes. They are closed when the pool [rests](fang_core::store::Store::rests), since a
    /// burst of claims needs one again and again.
    pub engine: bool,
    /// That of the heart, which also listens. If not kept, it is closed after each statement; one that is idle stays
    /// until the next beat, which tells others that its end means nothing.
    pub heart: bool,
}

impl Kept {
    /// As long as there is room.
    pub const ALL: Self = Self { engine: true, heart: true };
    /// What a pool keeps that was refused a connection.
    pub const NONE: Self = Self { engine: false, heart: false };

    /// What to keep after a beat. Where others than pools have taken the connections, a pool keeps its own: it may not
    /// get them back. Changes need some distance, so that pools do not go back and forth.
    pub(crate) fn after(self, crowd: Crowd) -> Self {
        if crowd.is_small() {
            return Self::ALL;
        }
        let Crowd { slots, open, pools } = crowd;
        let (is_full, has_room) = (open + 2 >= slots, pools * 3 <= slots);
        let engine = if is_full { false } else { self.engine || has_room };
        // Each pool may open one more.
        let has_room_for_hearts = has_room || open + pools < slots;
        // Where hearts leave little room and others wait for it, some go. Each beat sees whether that was enough.
        let is_in_the_way = is_full && pools * 3 > slots * 2;
        let heart = pools * 10 <= slots * 9 && (self.heart && !is_in_the_way || has_room_for_hearts);
        Self { engine, heart }
    }
}

/// The choice of one pool. Beats and refused connections write; sessions read.
#[derive(Debug)]
pub struct Keeping {
    engine: AtomicBool,
    heart: AtomicBool,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { engine: AtomicBool::new(true), heart: AtomicBool::new(true) }
    }
}

impl Keeping {
    /// Which connections are kept.
    pub fn get(&self) -> Kept {
        Kept { engine: self.engine.load(Ordering::SeqCst), heart: self.heart.load(Ordering::SeqCst) }
    }

    /// Keeps these from now on.
    pub fn set(&self, kept: Kept) {
        self.engine.store(kept.engine, Ordering::SeqCst);
        self.heart.store(kept.heart, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Crowd = Crowd { slots: 97, open: 20, pools: 5 };

    #[test]
    fn a_pool_keeps_its_connections_until_pools_fill_the_server() {
        assert_eq!(Kept::ALL.after(CALM), Kept::ALL);
        assert_eq!(Kept::ALL.after(Crowd { open: 97, ..CALM }), Kept::ALL);
        let half = Crowd { pools: 48, open: 97, ..CALM };
        assert_eq!(Kept::ALL.after(half), Kept { engine: false, heart: true });
        assert_eq!(Kept::ALL.after(Crowd { pools: 70, ..half }), Kept::NONE);
        assert_eq!(
            Kept::ALL.after(Crowd { pools: 70, open: 90, ..half }),
            Kept { engine: true, heart: true }
        );
        assert_eq!(Kept::ALL.after(Crowd { pools: 100, ..half }), Kept::NONE);
    }

    #[test]
    fn a_pool_that_was_refused_a_connection_keeps_some_again_when_there_is_room_for_all() {
        let crowd = Crowd { pools: 100, open: 20, ..CALM };
        assert_eq!(Kept::NONE.after(crowd), Kept::NONE);
        assert_eq!(Kept::NONE.after(Crowd { pools: 48, open: 49, ..crowd }), Kept::NONE);
        assert_eq!(Kept::NONE.after(Crowd { pools: 32, ..crowd }), Kept::ALL);
    }

    #[test]
    fn a_pool_that_was_refused_a_connection_hears_again_when_there_is_room_for_all_hearts() {
        let crowd = Crowd { slots: 97, open: 48, pools: 48 };
        assert_eq!(Kept::NONE.after(crowd), Kept { engine: false, heart: true });
        // Nearly all connections would be those of hearts.
        assert_eq!(Kept::NONE.after(Crowd { pools: 90, open: 1, ..crowd }), Kept::NONE);
    }
}
