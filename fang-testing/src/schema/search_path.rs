//! The search path in the address of a database.

/// Returns the address with this schema first in the search path of every session, and `public` after it. Other
/// settings in its `options` stay. The name of the schema needs no quotes.
pub(super) fn with_search_path(uri: &str, schema: &str) -> String {
    if uri.contains("://") { in_uri(uri, schema) } else { in_words(uri, schema) }
}

/// Of the settings in `options`, the last one counts.
fn in_uri(uri: &str, schema: &str) -> String {
    let path = format!("-c%20search_path%3D{schema}%2Cpublic");
    let query = uri.find('?').map_or(uri.len(), |at| at + 1);
    let (before, parameters) = uri.split_at(query);
    let mut given = Vec::new();
    // Of several `options`, the last one counts.
    let mut options = None;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.strip_prefix("options=") {
            Some(value) => options = Some(value),
            None => given.push(parameter.to_owned()),
        }
    }
    let options = options.filter(|value| !value.is_empty());
    given.push(options.map_or(format!("options={path}"), |value| format!("options={value}%20{path}")));
    format!("{}?{}", before.trim_end_matches('?'), given.join("&"))
}

/// The form `host=localhost dbname=tests`.
fn in_words(words: &str, schema: &str) -> String {
    let path = format!("-c search_path={schema},public");
    let options = options(words).unwrap_or_default();
    let separator = if options.is_empty() { "" } else { " " };
    // Of several `options`, the last one counts.
    format!("{words} options='{options}{separator}{path}'")
}

/// The value of the last `options`, as it stands between quotes.
fn options(words: &str) -> Option<String> {
    let (mut rest, mut found) = (words, None);
    while let Some((keyword, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let is_quoted = after.starts_with('\'');
        let value = if is_quoted { &after[1..] } else { after };
        let mut is_escaped = false;
        let end = value.find(|letter: char| {
            let is_end = if is_quoted { letter == '\'' } else { letter.is_whitespace() };
            let is_end = is_end && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end
        });
        let (value, after) = value.split_at(end.unwrap_or(value.len()));
        if keyword.trim() == "options" {
            found = Some(value.to_owned());
        }
        rest = if is_quoted { after.strip_prefix('\'').unwrap_or(after) } else { after };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::with_search_path;

    #[test]
    fn every_form_of_an_address_gets_the_search_path_and_keeps_its_options() {
        let cases = [
            ("postgres://h/db", "postgres://h/db?options=-c%20search_path%3Dmine%2Cpublic"),
            ("postgres://h/db?", "postgres://h/db?options=-c%20search_path%3Dmine%2Cpublic"),
            ("postgresql://h/db?a=b", "postgresql://h/db?a=b&options=-c%20search_path%3Dmine%2Cpublic"),
            (
                "postgres://h/db?options=-c%20statement_timeout%3D5s&a=b",
                "postgres://h/db?a=b&options=-c%20statement_timeout%3D5s%20-c%20search_path%3Dmine%2Cpublic",
            ),
            ("host=h dbname=db", "host=h dbname=db options='-c search_path=mine,public'"),
            (
                r"password='it\'s options=x' options = '-c statement_timeout=5s' host=h",
                concat!(
                    r"password='it\'s options=x' options = '-c statement_timeout=5s' host=h",
                    " options='-c statement_timeout=5s -c search_path=mine,public'"
                ),
            ),
            (
                r"options=-c\ geqo=off",
                r"options=-c\ geqo=off options='-c\ geqo=off -c search_path=mine,public'",
            ),
        ];
        for (uri, expected) in cases {
            assert_eq!(with_search_path(uri, "mine"), expected);
        }
    }
}
