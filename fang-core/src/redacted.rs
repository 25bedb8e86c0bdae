//! A wrapper that keeps values out of logs.

use std::fmt;

/// A secret (a connection string, a payload) that shows `***` in its `Debug` output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// The value. Never log it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, taken out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Redacted<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret: Redacted<String> = Redacted::from("postgres://fang:hunter2@db/fang");
        assert_eq!(format!("{secret:?}"), "***");
        assert!(secret.expose().contains("hunter2"));
    }
}
