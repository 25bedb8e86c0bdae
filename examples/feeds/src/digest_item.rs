use crate::digest::Digest;
use crate::figures::Figures;
use diesel::prelude::*;
use fang::blocking::PgPool;
use fang::{FangError, Queueable, Runnable, typetag};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The lane of these tasks.
pub(crate) const LANE: &str = "digests";

mod tables {
    diesel::table! {
        fang_feeds.feed_items (id) {
            id -> BigInt,
            text -> Text,
        }
    }
    diesel::table! {
        fang_feeds.digests (item) {
            item -> BigInt,
            language -> Nullable<Text>,
            words -> Integer,
            top_words -> Array<Text>,
            sha256 -> Binary,
        }
    }
}
use tables::{digests, feed_items};

/// What these tasks need of the application.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) database: PgPool,
    pub(crate) figures: Arc<Figures>,
}

/// Makes the digest of an item. That keeps a processor busy, so it runs on a thread, where it holds up
/// none of what waits for the network.
#[derive(Serialize, Deserialize)]
pub(crate) struct DigestItem {
    pub(crate) item: i64,
}

#[typetag::serde]
impl Runnable for DigestItem {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let tools = queue.context().require_state::<Tools>()?;
        tools.figures.heavy.count();
        let mut connection = tools.database.get()?;
        let text: String =
            feed_items::table.find(self.item).select(feed_items::text).first(&mut connection)?;
        save(self.item, Digest::of(&text), &mut connection)
    }

    fn task_type(&self) -> String {
        LANE.to_owned()
    }
}

// As with deliveries: a task that runs twice saves once.
fn save(item: i64, digest: Digest, connection: &mut PgConnection) -> Result<(), FangError> {
    let Digest { language, words, top_words, sha256 } = digest;
    diesel::insert_into(digests::table)
        .values((
            digests::item.eq(item),
            digests::language.eq(language),
            digests::words.eq(words),
            digests::top_words.eq(top_words),
            digests::sha256.eq(sha256),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(())
}
