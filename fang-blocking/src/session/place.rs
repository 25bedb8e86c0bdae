//! Where a connection belongs.

use super::connect::{Seat, finds_closed};
use diesel::pg::PgConnection;

/// Where a connection belongs.
pub(super) enum Place {
    /// To a seat, for the next who comes.
    Seat(Seat),
    /// To the application's pool.
    Pool,
    /// To nobody else.
    Apart,
}

impl Place {
    /// Whether the server has closed a connection from here while nobody used it.
    pub(super) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        match self {
            Self::Seat(seat) => seat.finds_closed(connection),
            Self::Pool | Self::Apart => finds_closed(connection),
        }
    }
}
