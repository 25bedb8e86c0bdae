//! The hashes of unique tasks, in SQL and in Rust.

use crate::seam::{HOUR, Mode, World};
use fang_core::Unique;
use fang_core::unique;
use serde_json::{Value, json};
use std::iter::repeat_with;

crate::one_mode! {
    only_asynk, Asynk,
    ten_thousand_keys_have_the_same_hash_in_sql_and_in_rust,
    numbers_that_are_one_to_jsonb_are_two_to_the_hash_of_a_payload,
}

/// Characters that JSON escapes, or that look like escapes, and others.
const ODD: [char; 20] = [
    '"', '\\', '/', '\n', '\r', '\t', '\u{8}', '\u{c}', '\u{1}', '\u{1f}', '\u{7f}', '\u{80}', 'u', '0', ' ',
    'é', '\u{2028}', '\u{ffff}', '🦀', '\'',
];

fn text(random: &mut fastrand::Rng) -> String {
    let length = random.usize(1..30);
    repeat_with(|| match random.u8(..3) {
        0 => random.choice(ODD).unwrap_or('x'),
        1 => random.alphanumeric(),
        _ => random.char('\u{1}'..),
    })
    .take(length)
    .collect()
}

async fn ten_thousand_keys_have_the_same_hash_in_sql_and_in_rust(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut random = fastrand::Rng::with_seed(19);
    let (kinds, keys): (Vec<_>, Vec<_>) =
        repeat_with(|| (text(&mut random), text(&mut random))).take(10_000).unzip();
    let sql =
        "SELECT fang_key_hash(kind, key, 'k'), fang_key_hash(kind, key, 's'), fang_key_hash(kind, key, 'p')
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (kind, key, place) ORDER BY place";
    let rows = world.client().query(sql, &[&kinds, &keys]).await.unwrap();
    assert_eq!(rows.len(), 10_000);
    for ((kind, key), row) in kinds.iter().zip(&keys).zip(&rows) {
        let by_key = Unique::key(key);
        let ways = [by_key.clone(), by_key.clone().until_started(), by_key.within(HOUR)];
        let by_rust = ways.map(|unique| unique.hash(&json!({ "type": kind, "a": 1 })).unwrap().unwrap());
        let by_sql: [String; 3] = [0, 1, 2].map(|way| row.get(way));
        assert_eq!(by_sql, by_rust, "{kind:?} {key:?}");
    }
}

/// So SQL, which sees a payload as `jsonb`, cannot compute the hash of a payload, and offers keys only.
async fn numbers_that_are_one_to_jsonb_are_two_to_the_hash_of_a_payload(mode: Mode) {
    let world = World::without_schema(mode).await;
    for (one, other) in [("1e16", "10000000000000000"), ("-0.0", "0.0")] {
        let same = format!("SELECT ('{one}'::jsonb::text = '{other}'::jsonb::text)::int::bigint");
        assert_eq!(world.number(&same).await, 1);
        let hash = |number: &str| unique::hash(&serde_json::from_str::<Value>(number).unwrap());
        assert_ne!(hash(one), hash(other));
    }
}
