use super::super::document::{Node, read};
use super::super::{TAG, kind_of};
use super::*;
use proptest::prelude::*;

/// A payload and its text as the tree has them.
fn by_tree(json: &str) -> Option<(String, String)> {
    let document: Node<'_> = read(json).ok()?;
    Some((kind_of(&document)?.into_owned(), document.as_restored(TAG, 0)))
}

fn by_bytes(json: &str) -> Option<(String, String)> {
    with(json, |restored| restored.map(|restored| (restored.kind.to_owned(), restored.text.to_owned())))
}

#[test]
fn fields_come_in_the_order_of_jsonb_at_every_depth() {
    for (json, expected) in [
        (r#"{"type":"A"}"#, r#"{"type":"A"}"#),
        (r#"{"type":"A","a":1,"b":2,"aa":"x"}"#, r#"{"type":"A","a":1,"b":2,"aa":"x"}"#),
        (r#"{"bb":{},"type":"A","a":[]}"#, r#"{"type":"A","a":[],"bb":{}}"#),
        (
            r#"{"type":"Ä","list":[{"two":"\"}","b":{"z":null,"y":-1.50}}],"a":"\\"}"#,
            r#"{"type":"Ä","a":"\\","list":[{"b":{"y":-1.50,"z":null},"two":"\"}"}]}"#,
        ),
        (
            r#"{"type":"A","b":{"typed":1,"type":"B","z":2}}"#,
            r#"{"type":"A","b":{"z":2,"type":"B","typed":1}}"#,
        ),
    ] {
        let restored = by_bytes(json).unwrap();
        assert_eq!(restored.1, expected);
        assert_eq!(Some(restored), by_tree(json));
    }
}

#[test]
fn what_is_not_plain_is_left_to_the_tree() {
    let deep = format!(r#"{{"type":"A","a":{}{}}}"#, "[".repeat(DEEPEST), "]".repeat(DEEPEST));
    for json in [
        r#"{"type":"A","a":1,"a":2}"#,
        r#"{"type":"A","b":[{"c":1,"c":2}]}"#,
        r#"{"type":"A","\u0061":1}"#,
        r#"{"type":"A\n"}"#,
        r#"{"type":7}"#,
        r#"{"a":1}"#,
        r#"["type"]"#,
        r#"{"type":"A","a":1e3}"#,
        r#"{"type":"A","a":-0.5}"#,
        r#"{"type":"A", "a":1}"#,
        r#"{"type":"A"} "#,
        &deep,
        "",
    ] {
        assert_eq!(by_bytes(json), None, "{json}");
    }
}

#[test]
fn text_that_is_no_json_does_not_end_the_program() {
    let whole = r#"{"type":"A","b":["\"",{"c":-1.5}],"a":true}"#;
    for end in 0..whole.len() {
        assert_eq!(by_bytes(&whole[..end]), None);
    }
}

#[test]
fn a_large_payload_leaves_no_large_buffer() {
    let json = format!(r#"{{"type":"A","b":"{}","a":1}}"#, "x".repeat(2 * KEPT_BYTES));
    by_bytes(r#"{"b":1,"type":"A","a":1}"#).unwrap();
    let kept = KEPT.take();
    assert!(kept.bytes() > 0);
    KEPT.set(kept);
    assert_eq!(by_bytes(&json), by_tree(&json));
    assert_eq!(KEPT.take().bytes(), 0);
}

#[test]
fn a_payload_may_be_checked_while_another_one_is() {
    let (one, other) = (r#"{"b":1,"type":"A","a":1}"#, r#"{"b":2,"type":"B","a":2}"#);
    let both = with(one, |one| (by_bytes(other), one.map(|one| one.text.to_owned())));
    assert_eq!(both, (by_tree(other), by_tree(one).map(|one| one.1)));
}

fn any_json() -> impl Strategy<Value = String> {
    let text = || r#"[a-c"\\\né🦀]{0,5}"#.prop_map(|text| serde_json::to_string(&text).unwrap());
    let key = || prop_oneof![4 => "[a-z]{1,3}", 1 => Just("type".to_owned()), 1 => r#"["\\é]{1,2}"#];
    let number = prop_oneof![
        4 => any::<i64>().prop_map(|number| number.to_string()),
        4 => any::<f64>().prop_map(|number| json(&number)),
        1 => prop::sample::select(vec!["-0", "-0.5", "1e9", "1.50", "1E-2"]).prop_map(str::to_owned),
    ];
    let words = prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned);
    prop_oneof![text(), number, words].prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            (prop::collection::vec((key(), inner), 0..6), any::<u8>()).prop_map(|(fields, space)| {
                let space = if space == 0 { " " } else { "" };
                let fields: Vec<_> =
                    fields.iter().map(|(key, value)| format!("{}:{space}{value}", json(key))).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Neither an escape in a key, nor a key that comes twice, nor an odd number, nor white space, nor too deep.
fn is_plain(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Number(number) => !number.to_string().contains('e') && !number.to_string().starts_with("-0"),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| !json(key).contains('\\') && is_plain(value))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_quick_way_finds_what_the_tree_finds(a in any_json(), b in any_json(), at in 0..3_usize) {
        let mut fields = vec![format!(r#""bb":{a}"#), format!(r#""a":{b}"#)];
        fields.insert(at, r#""type":"Kind""#.to_owned());
        let payload = format!("{{{}}}", fields.join(","));
        let quick = by_bytes(&payload);
        if quick.is_some() {
            prop_assert_eq!(&quick, &by_tree(&payload), "{}", payload);
        }
    }

    #[test]
    fn the_quick_way_takes_all_plain_payloads(a in any_json()) {
        let value: serde_json::Value = serde_json::from_str(&a).unwrap();
        // Written again, no key comes twice, and nothing is spaced.
        let payload = format!(r#"{{"type":"Kind","bb":{value},"a":1}}"#);
        prop_assert_eq!(by_bytes(&payload).is_some(), is_plain(&value), "{}", payload);
    }
}
