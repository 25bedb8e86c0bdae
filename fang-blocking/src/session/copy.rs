//! Many tasks at once, by COPY.

use diesel::ExecuteCopyFromDsl;
use diesel::pg::{CopyFormat, PgConnection};
use diesel::result::{Error, QueryResult};
use std::cell::RefCell;
use std::io::Write;

// As `copy.sql` names them. Diesel makes its own statement of it, which cannot name a schema that is known
// only when it runs.
diesel::table! {
    fang_tasks (id) {
        id -> Uuid,
        metadata -> Jsonb,
        task_type -> Varchar,
        mode -> SmallInt,
        priority -> SmallInt,
        scheduled_at -> Timestamptz,
        options -> Nullable<Jsonb>,
    }
}

/// Sends data in the binary format.
pub(super) fn insert(
    connection: &mut PgConnection,
    chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
) -> QueryResult<()> {
    // It is called once, but diesel does not promise that.
    let chunks = RefCell::new(chunks);
    let send = |out: &mut dyn Write| {
        let mut chunks = chunks.borrow_mut();
        for chunk in &mut **chunks {
            out.write_all(&chunk).map_err(|error| Error::SerializationError(error.into()))?;
        }
        Ok::<_, Error>(())
    };
    let copy = diesel::copy_from(fang_tasks::table).from_raw_data(fang_tasks::table, send);
    copy.with_format(CopyFormat::Binary).execute(connection).map(|_| ())
}
