//! Whether JSON contains other JSON, as the operator `@>` of Postgres has it.

use serde_json::{Number, Value};

/// Whether `whole` contains `part`. An array also contains a scalar that is one of its elements, but only at the top.
pub(crate) fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(elements), Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
            elements.iter().any(|element| is_within(element, part))
        }
        _ => is_within(whole, part),
    }
}

fn is_within(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|of| is_within(of, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|value| whole.iter().any(|element| is_within(element, value)))
        }
        (Value::Number(one), Value::Number(other)) => is_same(one, other),
        (one, other) => one == other,
    }
}

/// Numbers are compared by value: `1.0` is 1.
fn is_same(one: &Number, other: &Number) -> bool {
    one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_contains_what_postgres_says_it_contains() {
        let whole = json!({ "a": { "b": [1, { "c": 2, "d": null }], "e": "x" }, "f": 1 });
        for part in [
            json!({}),
            json!({ "f": 1.0 }),
            json!({ "a": { "b": [{ "c": 2 }] } }),
            json!({ "a": { "b": [] } }),
            json!({ "a": { "b": [{ "d": null }, 1, 1] } }),
        ] {
            assert!(contains(&whole, &part), "{part}");
        }
        for part in
            [json!([]), json!({ "f": "1" }), json!({ "a": { "b": 1 } }), json!({ "g": null }), json!(1)]
        {
            assert!(!contains(&whole, &part), "{part}");
        }
        assert!(contains(&json!([1, "a"]), &json!("a")) && !contains(&json!([["a"]]), &json!("a")));
    }
}
