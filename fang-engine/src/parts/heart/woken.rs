//! What ends a wait of the heart.

/// The reason why a wait of the heart ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// A tool asks for something.
    Asked,
    /// A task that runs here was cancelled.
    Cancelled,
    /// The server had no connection for a part.
    Crowded,
    /// A part failed, or the listening connection is lost.
    Silent,
    /// The shutdown asks to give back claims.
    Leftover,
    /// Notifications, the time, or the end of the pool.
    Otherwise,
}
