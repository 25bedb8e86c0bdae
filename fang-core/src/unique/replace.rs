use std::ops::BitOr;

/// The parts of a waiting duplicate that an insert replaces. Combine them with `|`, and pass them to
/// [`Unique::replace`](crate::Unique::replace).
///
/// ```
/// use fang_core::Replace;
/// let replace = Replace::PAYLOAD | Replace::TIME;
/// assert!(replace.has(Replace::TIME) && !replace.has(Replace::PRIORITY));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replace(u8);

impl Replace {
    /// The payload.
    pub const PAYLOAD: Self = Self(1);
    /// The time at which the task becomes due, and the time at which it expires, unless a run of it has failed.
    pub const TIME: Self = Self(2);
    /// The priority.
    pub const PRIORITY: Self = Self(4);
    /// Payload, time and priority.
    pub const ALL: Self = Self(7);

    /// Whether this includes all of `other`.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The parts as a number, for the SQL of stores: the sum of 1 for the payload, 2 for the time and 4 for
    /// the priority.
    pub fn code(self) -> i16 {
        self.0.into()
    }
}

impl BitOr for Replace {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
