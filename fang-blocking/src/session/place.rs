//! The place to which a connection returns after use.

use super::connect::{Seat, finds_closed};
use diesel::pg::PgConnection;

/// The place to which a connection returns after use.
pub(super) enum Place {
    /// A seat, for the next session.
    Seat(Seat),
    /// The pool of the application.
    Pool,
    /// None: it is closed after use.
    Apart,
}

impl Place {
    /// Whether the server has closed a connection of this place while it was idle.
    pub(super) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        match self {
            Self::Seat(seat) => seat.finds_closed(connection),
            Self::Pool | Self::Apart => finds_closed(connection),
        }
    }
}
