use std::time::Duration;

/// How the server answers for a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Answers at once.
    Prompt,
    /// Answers after 100 to 800 ms. 5 % of the feeds.
    Slow(Duration),
    /// Answers the first request with 503, later ones at once. 1 % of the feeds, like each one below.
    Flaky,
    NotFound,
    /// Answers with the first half of its XML.
    Truncated,
    /// Answers with 5 MB.
    TooLarge,
    /// Declares UTF-8 and sends Latin-1.
    WrongEncoding,
    /// Redirects to itself.
    RedirectLoop,
    /// Closes the connection without an answer.
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
