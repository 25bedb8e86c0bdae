//! Inserts many tasks at once by COPY.

use diesel::ExecuteCopyFromDsl;
use diesel::pg::{CopyFormat, PgConnection};
use diesel::result::{Error, QueryResult};
use std::cell::RefCell;
use std::io::Write;

// The columns of `copy.sql`. Diesel writes the statement itself, and cannot name a schema that is known only at run
// time.
diesel::table! {
    fang_tasks (id) {
        id -> Uuid,
        metadata -> Jsonb,
        task_type -> Varchar,
        mode -> SmallInt,
        priority -> SmallInt,
        scheduled_at -> Timestamptz,
        options -> Nullable<Jsonb>,
        expires_at -> Nullable<Timestamptz>,
    }
}

/// Sends chunks of data in the binary format of COPY.
pub(super) fn insert(
    connection: &mut PgConnection,
    chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
) -> QueryResult<()> {
    // Diesel calls the closure once, but requires `Fn`.
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
