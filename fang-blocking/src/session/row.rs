//! Rows of raw bytes, as the server sent them.

use diesel::QueryableByName;
use diesel::deserialize;
use diesel::pg::Pg;
use diesel::row::{Field, NamedRow, Row as Columns};
use fang_core::StoreError;
use fang_postgres::Row;
use std::ops::Range;

/// The size in bytes that most rows of a claim fit into.
const USUAL: usize = 192;

/// A copy of a row. The buffer of libpq lives only as long as the statement.
pub(crate) struct OwnRow {
    /// The bytes of all columns, concatenated.
    bytes: Vec<u8>,
    /// The range of each column in `bytes`. `None` for null.
    columns: Vec<Option<Range<usize>>>,
}

impl Row for OwnRow {
    fn raw(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        let missing = || StoreError::unreachable(format!("the server sent no column {index}").into());
        let column = self.columns.get(index).ok_or_else(missing)?;
        Ok(column.clone().and_then(|range| self.bytes.get(range)))
    }
}

/// Columns are found by number, although the trait is named for access by name.
impl QueryableByName<Pg> for OwnRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let count = row.field_count();
        let (mut bytes, mut columns) = (Vec::with_capacity(USUAL), Vec::with_capacity(count));
        for index in 0..count {
            let field = Columns::get(row, index).ok_or("a column is missing")?;
            columns.push(field.value().map(|value| {
                let begin = bytes.len();
                bytes.extend_from_slice(value.as_bytes());
                begin..bytes.len()
            }));
        }
        Ok(Self { bytes, columns })
    }
}
