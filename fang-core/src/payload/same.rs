//! The comparison of a text with what is written.

use std::io;

/// Takes what is written while it equals the expected text.
pub(super) struct Same<'a> {
    /// What has to be written before the rest, at once.
    before: &'static [u8],
    left: &'a [u8],
}

impl<'a> Same<'a> {
    pub(super) fn new(expected: &'a str) -> Self {
        Self::behind("", expected)
    }

    /// `before` has to be written first, at once or with the beginning of the rest.
    pub(super) fn behind(before: &'static str, rest: &'a str) -> Self {
        Self { before: before.as_bytes(), left: rest.as_bytes() }
    }

    /// Whether all of the text was written.
    pub(super) fn is_over(&self) -> bool {
        self.before.is_empty() && self.left.is_empty()
    }

    #[inline]
    fn takes(&mut self, bytes: &[u8]) -> Option<()> {
        let bytes = match self.before {
            [] => bytes,
            _ => bytes.strip_prefix(std::mem::take(&mut self.before))?,
        };
        self.left = self.left.strip_prefix(bytes)?;
        Some(())
    }
}

impl io::Write for Same<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.takes(bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
