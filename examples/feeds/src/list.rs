//! The list of feeds to sync.

use crate::args::Source;
use crate::demo;
use fang::FangError;
use reqwest::Url;
use std::path::Path;

/// Returns the URLs of the feeds in order, without duplicates.
pub(crate) fn urls(source: &Source) -> Result<Vec<String>, FangError> {
    match &source.feeds {
        Some(file) => from_file(file),
        None => Ok((0..source.demo.unwrap_or_default()).map(demo::url).collect()),
    }
}

fn from_file(file: &Path) -> Result<Vec<String>, FangError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| FangError { description: format!("{}: {error}", file.display()) })?;
    let mut urls = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match read(line) {
            Ok(Some(url)) if !urls.contains(&url) => urls.push(url),
            Ok(_) => {}
            Err(reason) => eprintln!("{}:{}: skipped: {reason}", file.display(), number + 1),
        }
    }
    Ok(urls)
}

/// Reads the URL on a line, if there is one.
fn read(line: &str) -> Result<Option<String>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    // A URL may contain a `#`, so a comment after a URL begins with a space.
    let url = line.split_whitespace().next().unwrap_or(line);
    let parsed = Url::parse(url).map_err(|error| format!("{url:?} is not a URL: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("{url:?} is neither http nor https"));
    }
    Ok(Some(parsed.into()))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_line_is_a_url_a_comment_or_refused() {
        assert_eq!(read(" https://a.example/x#y  # news "), Ok(Some("https://a.example/x#y".to_owned())));
        assert_eq!(read("# https://a.example"), Ok(None));
        assert_eq!(read("  "), Ok(None));
        for bad in ["a.example/feed", "ftp://a.example", "https://"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
