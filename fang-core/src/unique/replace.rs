use std::ops::BitOr;

/// The parts of a waiting duplicate that an insert replaces.
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
    /// When it becomes due.
    pub const TIME: Self = Self(2);
    /// How urgent it is.
    pub const PRIORITY: Self = Self(4);
    /// Payload, time and priority.
    pub const ALL: Self = Self(7);

    /// Whether this includes all of `other`.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The number in the SQL of the stores: 1 is the payload, 2 the time, 4 the priority. They are added up.
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
