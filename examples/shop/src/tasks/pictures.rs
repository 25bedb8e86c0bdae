use crate::picture;
use diesel::prelude::*;
use fang::blocking::PgPool;
use fang::{Run, State};

/// The longest side of a thumbnail, in pixels.
const SIDE: usize = 160;

diesel::table! {
    pictures (id) {
        id -> BigInt,
        original -> Binary,
        thumbnail -> Nullable<Binary>,
    }
}

/// Makes the thumbnail of a picture. It keeps a processor busy, so it is a `fn`, which runs on an OS thread.
#[fang::task(task_type = "pictures", max_retries = 3)]
pub fn thumbnail(picture_id: i64, run: &Run, database: State<PgPool>) -> anyhow::Result<()> {
    let row = pictures::table.find(picture_id);
    let original: Vec<u8> = row.select(pictures::original).first(&mut database.get()?)?;
    match picture::shrink(&original, SIDE) {
        Ok(small) => {
            diesel::update(row).set(pictures::thumbnail.eq(small)).execute(&mut database.get()?)?;
        }
        // A broken picture stays broken: no retry helps.
        Err(broken) => run.cancel(format!("{broken:#}")),
    }
    Ok(())
}
