use super::*;
use proptest::prelude::*;
use serde_json::json;

fn hash_of(unique: &Unique, metadata: &Value) -> String {
    unique.hash(metadata).unwrap().unwrap()
}

fn mail(user: &str, text: &str) -> Value {
    json!({ "type": "Mail", "user": user, "text": text })
}

#[test]
fn the_hash_of_a_payload_is_the_one_of_fang_0_9() {
    let payload = json!({ "type": "MyTask", "number": 1 });
    assert_eq!(
        hash_of(&Unique::payload(), &payload),
        "ebf8d45424366dcf037681ba3f52d574c839137e2aa4bfbfc3681ccdfba60a6a"
    );
}

/// serde writes a `HashSet` as a list, in another order each time.
#[test]
fn a_list_in_another_order_has_another_hash() {
    let with_tags = |tags: [&str; 2]| hash_of(&Unique::payload(), &json!({ "type": "Mail", "tags": tags }));
    assert_ne!(with_tags(["a", "b"]), with_tags(["b", "a"]));
    let fields = [r#"{"type":"Mail","a":1,"b":2}"#, r#"{"b":2,"a":1,"type":"Mail"}"#];
    let [one, other] = fields.map(|json| hash_of(&Unique::payload(), &serde_json::from_str(json).unwrap()));
    assert_eq!(one, other, "the order of fields does not count");
}

#[test]
fn the_other_hashes_are_golden_as_well() {
    let payload = json!({ "type": "MyTask", "number": 1 });
    // sha256sum of {"number":1,"type":"MyTask"}, key["MyTask","a"] and fields["MyTask",{"number":1}],
    // each with another first digit.
    let hashes = [
        (Unique::payload().until_started(), GOLDEN[0]),
        (Unique::key("a"), GOLDEN[1]),
        (Unique::fields(["number"]), GOLDEN[2]),
        (Unique::fields(["number"]).within(Duration::from_secs(1)), GOLDEN[3]),
    ];
    for (unique, golden) in hashes {
        assert_eq!(hash_of(&unique, &payload), golden, "{unique:?}");
    }
}

const GOLDEN: [&str; 4] = [
    "sbf8d45424366dcf037681ba3f52d574c839137e2aa4bfbfc3681ccdfba60a6a",
    "kebff69a46403ee170770d910a0a41329527f2805365ee7708e87b006a7d109a",
    "k0dc3c8487b06d89ae1140356082c1bc3d40821fda2ee69431d4b13217b249fd",
    "p0dc3c8487b06d89ae1140356082c1bc3d40821fda2ee69431d4b13217b249fd",
];

#[test]
fn a_field_that_is_missing_is_named() {
    for (metadata, missing) in [(mail("ada", "hi"), "id"), (json!("text"), "user")] {
        let error = Unique::fields(["user", "id"]).hash(&metadata).unwrap_err();
        assert!(matches!(&error, PayloadError::UniqueField { field } if field == missing), "{error}");
    }
}

#[test]
fn an_invalid_key_is_refused() {
    let hash = |key: &str| Unique::key(key).hash(&mail("ada", "hi"));
    assert!(matches!(hash("a\0b"), Err(PayloadError::Nul { .. })));
    for key in [String::new(), "x".repeat(1025)] {
        assert!(matches!(hash(&key), Err(PayloadError::UniqueKeyLength { .. })));
    }
    assert!(hash(&"x".repeat(1024)).is_ok());
}

#[test]
fn a_period_of_zero_is_not_unique() {
    for period in [Duration::ZERO, Duration::from_nanos(1)] {
        assert_eq!(Unique::payload().within(period).hash(&mail("ada", "hi")).unwrap(), None);
    }
}

#[test]
fn debug_shows_no_key() {
    assert!(!format!("{:?}", Unique::key("hunter2")).contains("hunter2"));
}

proptest! {
    #[test]
    fn only_the_kind_and_the_chosen_fields_count(
        user in ".{0,9}", other in ".{0,9}", text in ".{0,9}", kind in "[A-Z][a-z]{0,5}"
    ) {
        let by_user = Unique::fields(["user"]);
        let this = hash_of(&by_user, &mail(&user, &text));
        prop_assert_eq!(&this, &hash_of(&by_user, &mail(&user, "another")));
        prop_assert_eq!(user == other, this == hash_of(&by_user, &mail(&other, &text)));
        let of_kind = json!({ "type": kind, "user": user, "text": text });
        prop_assert_eq!(kind == "Mail", this == hash_of(&by_user, &of_kind));
    }

    #[test]
    fn the_order_in_which_fields_are_chosen_does_not_count(user in ".{0,9}", text in ".{0,9}") {
        let orders = [vec!["user", "text"], vec!["text", "user", "text"]];
        let [one, other] = orders.map(|order| hash_of(&Unique::fields(order), &mail(&user, &text)));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn different_ways_of_being_unique_have_different_hashes(text in "[a-z]{1,9}") {
        let payload = json!({ "type": "Mail", "user": text });
        let by = [Unique::payload(), Unique::fields(["user"]), Unique::fields(["type", "user"]),
            Unique::key(text.clone()), Unique::key(payload.to_string())];
        let ways = by.into_iter().flat_map(|unique| {
            [unique.clone(), unique.clone().until_started(), unique.within(Duration::from_secs(9))]
        });
        let hashes: Vec<String> = ways.map(|unique| hash_of(&unique, &payload)).collect();
        prop_assert!(hashes.iter().all(|hash| hash.len() == 64 && hash.is_ascii()));
        let distinct: std::collections::HashSet<_> = hashes.iter().collect();
        prop_assert_eq!(distinct.len(), hashes.len());
    }
}
