use crate::trouble::Trouble;
use feed_rs::model::{Content, Text};
use feed_rs::parser;

/// The parts of an item that the application saves.
#[derive(Debug)]
pub(crate) struct Item {
    /// Identifies the item within its feed.
    pub(crate) guid: String,
    pub(crate) title: Option<String>,
    pub(crate) link: Option<String>,
    /// The text as the feed has it: complete, only its beginning, or empty.
    pub(crate) text: String,
}

/// Reads RSS, Atom and JSON feeds.
pub(crate) fn parse(body: &[u8]) -> Result<Vec<Item>, Trouble> {
    // The parser would replace invalid bytes by guesses and return items with garbage.
    if is_declared_utf8(body) && std::str::from_utf8(body).is_err() {
        return Err(Trouble::Encoding);
    }
    let feed = parser::parse(body).map_err(Trouble::Malformed)?;
    let items = feed.entries.into_iter().map(|entry| Item {
        guid: without_nul(&entry.id),
        text: text(entry.content, entry.summary),
        title: entry.title.map(|title| without_nul(&title.content)),
        link: entry.links.first().map(|link| without_nul(&link.href)),
    });
    Ok(items.collect())
}

fn text(content: Option<Content>, summary: Option<Text>) -> String {
    let content = content.and_then(|content| content.body);
    without_nul(&content.or(summary.map(|summary| summary.content)).unwrap_or_default())
}

/// XML is in UTF-8 unless its first line names another encoding. JSON always is.
fn is_declared_utf8(body: &[u8]) -> bool {
    const UTF_16_MARKS: [&[u8]; 2] = [&[0xFE, 0xFF], &[0xFF, 0xFE]];
    if UTF_16_MARKS.iter().any(|mark| body.starts_with(mark)) {
        return false;
    }
    let head = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).to_ascii_lowercase();
    let declaration = head.split_once("?>").map_or("", |(declaration, _)| declaration);
    match declaration.split_once("encoding=") {
        Some((_, name)) => name.trim_start_matches(['"', '\'']).starts_with("utf-8"),
        None => true,
    }
}

/// Removes the NUL character, which JSON can contain and Postgres cannot save.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rss(encoding: &str, title: &[u8]) -> Vec<u8> {
        let head = format!("<?xml version=\"1.0\"{encoding}?><rss version=\"2.0\"><channel><item><title>");
        [head.as_bytes(), title, b"</title><guid>1</guid></item></channel></rss>"].concat()
    }

    fn title(body: &[u8]) -> Option<String> {
        parse(body).ok()?.pop()?.title
    }

    #[test]
    fn bytes_must_be_in_the_encoding_they_declare() {
        assert_eq!(title(&rss(" encoding='ISO-8859-1'", b"caf\xE9")).as_deref(), Some("café"));
        assert_eq!(title(&rss(" encoding=\"UTF-8\"", "café".as_bytes())).as_deref(), Some("café"));
        assert_eq!(title(&rss("", "café".as_bytes())).as_deref(), Some("café"));
        for encoding in ["", " encoding=\"UTF-8\""] {
            assert!(matches!(parse(&rss(encoding, b"caf\xE9")), Err(Trouble::Encoding)), "{encoding}");
        }
    }

    #[test]
    fn a_nul_character_is_removed() {
        let feed = br#"{"version":"https://jsonfeed.org/version/1","title":"t","items":[{"id":"a\u0000b"}]}"#;
        assert_eq!(parse(feed).map(|items| items[0].guid.clone()).ok().as_deref(), Some("ab"));
    }
}
