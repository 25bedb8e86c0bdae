use crate::digest::Digest;
use crate::figures::Figures;
use diesel::dsl;
use diesel::prelude::*;
use fang::blocking::PgPool;
use fang::{FangError, Queueable, Runnable, typetag};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The task type of these tasks.
pub(crate) const TASK_TYPE: &str = "digests";

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

/// The application state that these tasks use.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) database: PgPool,
    pub(crate) figures: Arc<Figures>,
}

/// Makes the digests of all items of one sync. A task for each item would cost the database more than the digests
/// cost the processor. The task keeps a processor busy, so it runs on a thread, where it does not delay the tokio
/// tasks.
#[derive(Serialize, Deserialize)]
pub(crate) struct DigestItems {
    pub(crate) items: Vec<i64>,
}

#[typetag::serde]
impl Runnable for DigestItems {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let tools = queue.context().require_state::<Tools>()?;
        tools.figures.heavy.count();
        let mut connection = tools.database.get()?;
        let texts: Vec<(i64, String)> = feed_items::table
            .filter(feed_items::id.eq_any(&self.items))
            .select((feed_items::id, feed_items::text))
            .load(&mut connection)?;
        let rows: Vec<_> = texts.iter().map(|(item, text)| row(*item, Digest::of(text))).collect();
        // As with deliveries, a task that runs twice saves its rows once.
        diesel::insert_into(digests::table).values(rows).on_conflict_do_nothing().execute(&mut connection)?;
        Ok(())
    }

    fn task_type(&self) -> String {
        TASK_TYPE.to_owned()
    }
}

type Row = (
    dsl::Eq<digests::item, i64>,
    dsl::Eq<digests::language, Option<&'static str>>,
    dsl::Eq<digests::words, i32>,
    dsl::Eq<digests::top_words, Vec<String>>,
    dsl::Eq<digests::sha256, Vec<u8>>,
);

fn row(item: i64, digest: Digest) -> Row {
    let Digest { language, words, top_words, sha256 } = digest;
    (
        digests::item.eq(item),
        digests::language.eq(language),
        digests::words.eq(words),
        digests::top_words.eq(top_words),
        digests::sha256.eq(sha256),
    )
}
