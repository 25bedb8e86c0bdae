//! Vacuuming: what a pool asks for, and what came of it.

use std::time::Duration;

/// A look whether the tables are to be vacuumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacuum {
    /// The table of tasks is to be vacuumed when it has at least this many dead rows: rows of tasks that are gone or
    /// have changed, which still take room.
    pub dead_rows: u32,
}

/// What came of a look whether the tables are to be vacuumed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vacuumed {
    /// The store has nothing to vacuum, or no connection for it. It need not be asked again.
    Never,
    /// There are few dead rows, or another process vacuums or has just done so.
    NotDue,
    /// The role of this process may not vacuum.
    Forbidden {
        /// How to let it.
        advice: String,
    },
    /// The tables were vacuumed.
    Done {
        /// The dead rows before.
        before: u64,
        /// The dead rows after. If these are many, a snapshot of an open transaction still needs them.
        after: u64,
        /// How long it took.
        took: Duration,
        /// How long no process vacuums from now on.
        pause: Duration,
    },
}
