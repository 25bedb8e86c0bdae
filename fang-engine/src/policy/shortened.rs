//! The beginning of an error message.

/// The longest error message that is kept, in bytes.
pub(crate) const MAX_ERROR_BYTES: usize = 8 * 1024;

/// The beginning of an error message, as a row keeps it.
pub(crate) fn shortened(error: &str) -> &str {
    error.get(..error.floor_char_boundary(MAX_ERROR_BYTES)).unwrap_or(error)
}
