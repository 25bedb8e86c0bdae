//! The kind in the JSON of a payload.

use crate::payload::TAG;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The kind, and its JSON within the payload.
pub(super) fn read(metadata: &str) -> Option<(Cow<'_, str>, &str)> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(borrow, rename = "type")]
        kind: &'a RawValue,
    }
    let json = serde_json::from_str::<Tag<'_>>(metadata).ok()?.kind.get();
    // Text that needs no copy is the usual case.
    let borrowed = serde_json::from_str::<&str>(json).map(Cow::Borrowed);
    Some((borrowed.or_else(|_| serde_json::from_str(json).map(Cow::Owned)).ok()?, json))
}

/// The kind, and the payload with its kind as the first field.
///
/// Behind other fields, typetag decodes the payload from a copy in memory. Maps with keys that are no texts, numbers of
/// 128 bits and raw values cannot be decoded from that, and `jsonb` has an order of its own.
pub(super) fn first(metadata: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let (kind, json) = read(metadata)?;
    let reordered = moved_to_front(metadata, json);
    Some((kind, reordered.map_or(Cow::Borrowed(metadata), Cow::Owned)))
}

/// `None` if the kind is the first field already.
fn moved_to_front(metadata: &str, json: &str) -> Option<String> {
    let start = json.as_ptr().addr().checked_sub(metadata.as_ptr().addr())?;
    let (before, after) = (metadata.get(..start)?, metadata.get(start + json.len()..)?);
    let before = before.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    let before = before.strip_suffix(TAG)?.strip_suffix('"')?.trim_end();
    let fields = before.strip_suffix(',')?.trim_start().strip_prefix('{')?;
    Some(["{\"", TAG, "\":", json, ",", fields, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_comes_first_and_the_rest_stays_as_it_is() {
        let moved = [
            (r#"{"type": "A", "n": 1}"#, r#"{"type": "A", "n": 1}"#),
            (r#"{"n": 1, "type": "A"}"#, r#"{"type":"A","n": 1}"#),
            (
                r#" { "n" : [1, "type"] , "type" : "A" , "o": {} }"#,
                r#"{"type":"A", "n" : [1, "type"]  , "o": {} }"#,
            ),
            (r#"{"n": "{\"type\":1", "type": "\"A\""}"#, r#"{"type":"\"A\"","n": "{\"type\":1"}"#),
        ];
        for (json, expected) in moved {
            assert_eq!(first(json).unwrap().1, expected);
        }
        assert_eq!(first(r#"{"type": "\"A\""}"#).unwrap().0, "\"A\"");
        for without in ["{}", "[]", r#"{"type": 7}"#, r#"{"type": "A", "type": "B"}"#, "x"] {
            assert!(first(without).is_none());
        }
    }
}
