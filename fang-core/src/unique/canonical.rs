//! JSON as canonical text, with sorted keys, and its hash.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The unique hash of a payload: SHA-256 (FIPS 180-4) of its JSON with sorted keys, in lower-case hex. The
/// kind is part of the payload. It equals the hash of fang 0.9 to 0.11, so that tasks saved by those versions
/// stay unique.
pub fn hash(metadata: &Value) -> String {
    hash_behind("", metadata)
}

/// The hash of a word and a value. No JSON begins with the word, so that the hash differs from that of any
/// payload.
pub(super) fn hash_behind(word: &str, value: &Value) -> String {
    let mut canonical = word.to_owned();
    write_canonical(value, &mut canonical);
    hex(&Sha256::digest(canonical.as_bytes()))
}

/// Sorts the keys itself, since maps keep the order of the source when any crate turns on `preserve_order` of
/// serde_json.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            write_sequence(out, ('{', '}'), entries, |(key, value), out| {
                let _ = write!(out, "{}:", Value::String(key.clone()));
                write_canonical(value, out);
            });
        }
        Value::Array(items) => write_sequence(out, ('[', ']'), items, write_canonical),
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

fn write_sequence<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    mut write_item: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(item, out);
    }
    out.push(close);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_is_the_golden_one() {
        // sha256sum of {"number":1,"type":"MyTask"}
        let payload = json!({ "type": "MyTask", "number": 1 });
        assert_eq!(hash(&payload), "ebf8d45424366dcf037681ba3f52d574c839137e2aa4bfbfc3681ccdfba60a6a");
    }

    #[test]
    fn the_order_of_keys_does_not_matter_at_any_depth() {
        let a = serde_json::from_str(r#"{"b":{"y":1,"x":[{"q":1,"p":"\""}]},"a":null}"#).unwrap();
        let b = serde_json::from_str(r#"{"a":null,"b":{"x":[{"p":"\"","q":1}],"y":1}}"#).unwrap();
        assert_eq!(hash(&a), hash(&b));
    }

    #[test]
    fn another_value_is_another_hash() {
        assert_ne!(hash(&json!({ "a": 1 })), hash(&json!({ "a": 2 })));
    }
}
