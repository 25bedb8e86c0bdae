//! The content of the demo feeds: 5 to 20 items each, as RSS 2.0, Atom or JSON Feed.

use super::prose;
use bytes::Bytes;

const HUGE: usize = 5_000_000;

/// Returns the content type of a feed and its text. The number decides the format.
pub(super) fn feed(number: u64) -> (&'static str, Bytes) {
    match number % 3 {
        0 => ("application/rss+xml", rss(number).into()),
        1 => ("application/atom+xml", atom(number).into()),
        _ => ("application/feed+json", json(number).into()),
    }
}

/// Returns a feed that ends in the middle.
pub(super) fn truncated(number: u64) -> Bytes {
    let mut text = atom(number);
    // Cut between two characters, since half a character would be an encoding error instead.
    text.truncate(text.floor_char_boundary(text.len() / 2));
    text.into()
}

/// Returns a feed of 5 MB.
pub(super) fn huge(number: u64) -> Bytes {
    let padding = " ".repeat(HUGE);
    rss(number).replace("</channel>", &format!("{padding}</channel>")).into()
}

/// Returns a feed that declares UTF-8 but is encoded in Latin-1.
pub(super) fn latin1(number: u64) -> Bytes {
    // All characters are in Latin-1, whose codes are the first 256 of Unicode.
    rss(number).chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}

fn rss(number: u64) -> String {
    let item = |item| {
        format!(
            "<item><title>{}</title><link>{}</link><guid>{}</guid><description>{}</description></item>\n",
            title(item),
            link(number, item),
            id(number, item),
            prose::text(number, item)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Feed {number}</title>\n\
         <link>https://demo.example/{number}</link><description>RSS</description>\n{}</channel></rss>\n",
        items(number).map(item).collect::<String>()
    )
}

fn atom(number: u64) -> String {
    let entry = |item| {
        format!(
            "<entry><title>{}</title><link href=\"{}\"/><id>{}</id><updated>2024-01-01T00:00:00Z</updated>\
             <content type=\"text\">{}</content></entry>\n",
            title(item),
            link(number, item),
            id(number, item),
            prose::text(number, item)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <title>Feed {number}</title><id>urn:demo:{number}</id><updated>2024-01-01T00:00:00Z</updated>\n{}</feed>\n",
        items(number).map(entry).collect::<String>()
    )
}

fn json(number: u64) -> String {
    let item = |item| {
        format!(
            r#"{{"id":"{}","url":"{}","title":"{}","content_text":"{}"}}"#,
            id(number, item),
            link(number, item),
            title(item),
            prose::text(number, item)
        )
    };
    format!(
        r#"{{"version":"https://jsonfeed.org/version/1","title":"Feed {number}","items":[{}]}}"#,
        items(number).map(item).collect::<Vec<_>>().join(",\n")
    )
}

fn items(number: u64) -> impl Iterator<Item = u64> {
    0..5 + number * 7919 % 16
}

fn title(item: u64) -> String {
    format!("Café no. {item}: crème brûlée")
}

fn link(number: u64, item: u64) -> String {
    format!("https://demo.example/{number}/{item}")
}

fn id(number: u64, item: u64) -> String {
    format!("urn:demo:{number}:{item}")
}
