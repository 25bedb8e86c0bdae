use crate::fetch::MAX_BODY;
use fang::FangError;
use feed_rs::parser::ParseFeedError;

/// The reason why a feed could not be synced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("cannot resolve its address: {0}")]
    Url(FangError),
    #[error("the server answers {0}")]
    Status(u16),
    #[error("the server redirects in circles, or too often")]
    Redirects(#[source] reqwest::Error),
    #[error("the server does not answer in time")]
    Timeout(#[source] reqwest::Error),
    #[error("the connection fails")]
    Connection(#[source] reqwest::Error),
    #[error("it has more than {MAX_BODY} bytes")]
    TooLarge,
    #[error("it declares UTF-8, but its bytes are not UTF-8")]
    Encoding,
    #[error("it is not a complete feed")]
    Malformed(#[source] ParseFeedError),
}

impl Trouble {
    /// The name under which the summary counts it.
    pub(crate) fn cause(&self) -> String {
        let cause = match self {
            Self::Url(_) => "bad address",
            Self::Status(code) => return format!("HTTP {code}"),
            Self::Redirects(_) => "too many redirects",
            Self::Timeout(_) => "timeout",
            Self::Connection(_) => "connection failed",
            Self::TooLarge => "too large",
            Self::Encoding => "wrong encoding",
            Self::Malformed(_) => "malformed",
        };
        cause.to_owned()
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout(error)
        } else if error.is_redirect() {
            Self::Redirects(error)
        } else {
            Self::Connection(error)
        }
    }
}

/// Makes the error message that the row of the task keeps.
impl From<Trouble> for FangError {
    fn from(trouble: Trouble) -> Self {
        Self::from_error(trouble)
    }
}
