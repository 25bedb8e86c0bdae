use std::time::Duration;

/// How the server answers for a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// At once.
    Prompt,
    /// After 100 to 800 ms: 5 % of the feeds.
    Slow(Duration),
    /// With a 503 at first, then promptly: 1 %, as all that follow.
    Flaky,
    NotFound,
    /// With the first half of its XML.
    Truncated,
    /// With 5 MB.
    TooLarge,
    /// With UTF-8 declared and Latin-1 sent.
    WrongEncoding,
    /// With a redirect to itself.
    RedirectLoop,
    /// Not at all: it closes the connection.
    Closed,
}

impl Behaviour {
    pub(super) fn of(number: u64) -> Self {
        match number % 100 {
            5 | 25 | 45 | 65 | 85 => Self::Slow(Duration::from_millis(100 + number * 37 % 701)),
            11 => Self::NotFound,
            22 => Self::Truncated,
            33 => Self::TooLarge,
            44 => Self::WrongEncoding,
            55 => Self::RedirectLoop,
            66 => Self::Closed,
            77 => Self::Flaky,
            _ => Self::Prompt,
        }
    }
}
