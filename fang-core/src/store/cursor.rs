use super::claim::DbInstant;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Where a page ended, and where the next one begins. It belongs to the filter of its page.
///
/// Its text fits into an address: letters, digits, points, `-` and `~`. As JSON it is that text.
///
/// ```
/// use fang_core::store::Cursor;
/// let cursor: Cursor = "0.0.01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// assert_eq!(cursor.to_string(), "0.0.01890a5d-ac96-774b-bcce-b302099a8057");
/// # Ok::<(), fang_core::store::InvalidCursor>(())
/// ```
///
/// Its fields are for the authors of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The part of the [`Walk`](super::Walk).
    pub part: u8,
    /// The instant by which the part is ordered. Zero in a part that is ordered by id.
    pub at: DbInstant,
    /// The last task of the page. `None` if the next page begins with all tasks of this instant.
    pub id: Option<Uuid>,
    /// Whether so many tasks have this instant that they are walked by their ids.
    pub is_crowd: bool,
}

impl Cursor {
    /// The place of the task with this id in the part of the walk.
    pub fn new(part: u8, at: DbInstant, id: Uuid) -> Self {
        Self { part, at, id: Some(id), is_crowd: false }
    }
}

/// The text of a [`Cursor`] that no page has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place where a page of tasks ended; begin with the first page")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.", self.part, self.at.0)?;
        if let Some(id) = self.id {
            write!(f, "{id}")?;
        }
        f.write_str(if self.is_crowd { "~" } else { "" })
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let read = || {
            let (rest, is_crowd) = text.strip_suffix('~').map_or((text, false), |rest| (rest, true));
            let (part, rest) = rest.split_once('.')?;
            let (at, id) = rest.split_once('.')?;
            let id = if id.is_empty() { None } else { Some(id.parse().ok()?) };
            Some(Self { part: part.parse().ok()?, at: DbInstant(at.parse().ok()?), id, is_crowd })
        };
        read().ok_or(InvalidCursor)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cursor_comes_back_from_its_text() {
        let first = Cursor::new(14, DbInstant(-7), Uuid::from_u128(5));
        for cursor in [first, Cursor { id: None, ..first }, Cursor { is_crowd: true, ..first }] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "1", "1.2", "1.2.x", "999.2.", "1.x."] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
