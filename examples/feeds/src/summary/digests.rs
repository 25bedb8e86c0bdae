use crate::app::App;
use fang::FangError;
use std::fmt;

// A digest is right if its hash is that of the text of its item. The database computes the hash again.
const DIGESTS: &str = "
    SELECT count(*), count(digests.item),
        count(*) FILTER (WHERE digests.sha256 = sha256(convert_to(text, 'UTF8')))
    FROM fang_feeds.feed_items LEFT JOIN fang_feeds.digests ON digests.item = feed_items.id";
const LANGUAGES: &str = "
    SELECT coalesce(language, 'unknown') AS language, count(*)
    FROM fang_feeds.digests GROUP BY 1 ORDER BY 2 DESC, 1";

/// The counts of the digests that the threads have made.
pub(super) struct Digests {
    items: i64,
    made: i64,
    right: i64,
    /// Whether missing digests are allowed, because this process has no threads.
    may_wait: bool,
    languages: Vec<(String, i64)>,
}

impl Digests {
    pub(super) async fn read(app: &App) -> Result<Self, FangError> {
        let client = app.database.get().await?;
        let row = client.query_one(DIGESTS, &[]).await?;
        let mut languages = Vec::new();
        for row in client.query(LANGUAGES, &[]).await? {
            languages.push((row.try_get(0)?, row.try_get(1)?));
        }
        Ok(Self {
            items: row.try_get(0)?,
            made: row.try_get(1)?,
            right: row.try_get(2)?,
            may_wait: !app.has_threads,
            languages,
        })
    }

    /// Whether each item has its digest. The key of the table makes a second digest impossible.
    pub(super) fn is_correct(&self) -> bool {
        self.made == self.right && (self.may_wait || self.made == self.items)
    }
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (missing, wrong) = (self.items - self.made, self.made - self.right);
        write!(f, "{:>8} digests: ", self.made)?;
        match (self.is_correct(), missing) {
            (true, 0) => write!(f, "each item once")?,
            (true, _) => write!(f, "{missing} wait for threads")?,
            (false, _) => write!(f, "{missing} of {} are missing, {wrong} wrong", self.items)?,
        }
        let languages = self.languages.iter().map(|(language, digests)| format!("{language} {digests}"));
        for line in languages.collect::<Vec<_>>().chunks(8) {
            write!(f, "\n{:>12}{}", "", line.join(", "))?;
        }
        Ok(())
    }
}
