//! What `fang_insert` refuses: the same as an insert from Rust.

use crate::seam::{Mode, World};
use fang_core::NewTask;
use fang_core::new_task::DEFAULT_MAX_PAYLOAD_BYTES;
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;

crate::one_mode! {
    only_asynk, Asynk,
    what_cannot_be_saved_is_refused_with_a_reason_and_a_hint,
    the_limits_of_a_payload_are_those_of_rust,
}

/// Arguments, and words of the reason.
const WRONG: [(&str, &str); 39] = [
    ("NULL", "kind is missing"),
    ("''", "kind is missing"),
    ("repeat('é', 128)", "kind has 256 bytes"),
    ("'a', NULL", "not a JSON object"),
    ("'a', '[]'", "not a JSON object"),
    ("'a', '\"text\"'", "not a JSON object"),
    ("'a', '{\"type\": \"b\"}'", "field \"type\""),
    ("'a', task_type => ''", "task type has 0 bytes"),
    ("'a', task_type => NULL", "task type has 0 bytes"),
    ("'a', task_type => repeat('é', 128)", "task type has 256 bytes"),
    ("'a', mode => 'asynk'", "no such mode"),
    ("'a', mode => NULL", "no such mode"),
    ("'a', priority => 'highest'", "no such priority"),
    ("'a', priority => NULL", "no such priority"),
    ("'a', delay => '-1 ms'", "delay is negative"),
    ("'a', delay => '1 s', due_at => now()", "both a delay and an instant"),
    ("'a', due_at => 'infinity'", "infinite"),
    ("'a', due_at => '262000-01-01 00:00+00'", "due is too late"),
    ("'a', due_at => '294276-12-31 23:00+00', expires => '1 day'", "due is too late"),
    ("'a', '{\"a\": 1e400}'", "number that is too large"),
    ("'a', '{\"a\": [{\"b\": -1e309}]}'", "number that is too large"),
    ("'a', '{\"a\": 1.7976931348623160e308}'", "number that is too large"),
    ("'a', expires => '-1 s'", "expire before it is due"),
    ("'a', keep => '-1 s'", "keep is negative"),
    ("'a', delay => '-290000 years'", "the delay is negative"),
    ("'a', max_retries => -1", "retries is negative"),
    ("'a', tags => ARRAY['']", "a tag"),
    ("'a', tags => ARRAY['a', NULL]", "a tag"),
    ("'a', tags => ARRAY[repeat('x', 256)]", "a tag"),
    ("'a', tags => ARRAY[ARRAY['a'], ARRAY['b']]", "a tag"),
    ("'a', headers => '[\"a\"]'", "headers are not texts"),
    ("'a', headers => '{\"a\": 1}'", "headers are not texts"),
    ("'a', headers => jsonb_build_object('a', repeat('é', 4096))", "more than 8192 bytes"),
    ("'a', unique_key => ''", "unique key has 0 bytes"),
    ("'a', unique_key => repeat('x', 1025)", "unique key has 1025 bytes"),
    ("'a', unique_within => '1 s'", "no unique key"),
    ("'a', unique_until_started => true", "no unique key"),
    (
        "'a', unique_key => 'k', unique_within => '1 s', unique_until_started => true",
        "both until it is started",
    ),
    ("'a', unique_key => 'k', unique_within => '-1 s'", "period within which"),
];

/// Arguments at the limits.
const FINE: [&str; 10] = [
    "repeat('x', 255)",
    "'a', '{}'::json::jsonb, headers => '{}'::json::jsonb",
    "'a', task_type => repeat('x', 255), tags => ARRAY[repeat('x', 255)]",
    "'a', headers => jsonb_build_object('ab', repeat('x', 8190))",
    "'a', unique_key => repeat('x', 1024)",
    "'a', delay => NULL, keep => NULL, tags => NULL, headers => NULL, notify => NULL, unique_until_started => NULL",
    "'a', due_at => now() - interval '1 day', delay => '0'",
    "'a', '{\"a\": {\"type\": \"b\"}, \"kind\": 1}'",
    "'a', '{\"a\": [1.7976931348623157e308, -1.7976931348623157e308, 1e-400, \"1e400\", true, null]}'",
    "'a', due_at => '261999-12-31 23:00+00', expires => '300 years'",
];

async fn what_cannot_be_saved_is_refused_with_a_reason_and_a_hint(mode: Mode) {
    let world = World::postgres(mode).await;
    for (arguments, reason) in WRONG {
        let error =
            world.client().batch_execute(&format!("SELECT fang_insert({arguments})")).await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code(), &SqlState::INVALID_PARAMETER_VALUE, "{arguments}: {error}");
        assert!(error.message().contains(reason), "{arguments}: {error}");
        assert!(error.hint().is_some_and(|hint| hint.ends_with('.')), "{arguments}: {error:?}");
    }
    // As the guide says: a variant for `json` would make a text without a type ambiguous.
    let json = "SELECT fang_insert('a', '{}'::json)";
    let error = world.client().batch_execute(json).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNDEFINED_FUNCTION));
    // The server itself refuses a NUL character: neither texts nor JSON can have it.
    let nul = "SELECT fang_insert('a', '{\"a\": \"\\u0000\"}')";
    assert!(world.client().batch_execute(nul).await.is_err());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
    for arguments in FINE {
        let id = world.insert_by_sql(arguments).await;
        let row = world.queue.find_task_by_id(id).await.unwrap().unwrap();
        assert!(row.metadata.is_object(), "{arguments}: Rust cannot read its payload");
    }
}

async fn the_limits_of_a_payload_are_those_of_rust(mode: Mode) {
    let world = World::postgres(mode).await;
    let is_taken = async |payload: &Value| {
        let by_rust = NewTask::of_kind("a", payload).check(DEFAULT_MAX_PAYLOAD_BYTES).is_ok();
        let by_sql = world.client().execute("SELECT fang_insert('a', $1)", &[&Json(payload)]).await;
        (by_rust, by_sql.is_ok())
    };
    let nested = |levels| json!({ "a": (1..levels).fold(json!({}), |inner, _| json!([inner])) });
    assert_eq!(is_taken(&nested(126)).await, (true, true));
    assert_eq!(is_taken(&nested(127)).await, (false, false));
    let long = |bytes| json!({ "a": "x".repeat(bytes) });
    assert_eq!(is_taken(&long(DEFAULT_MAX_PAYLOAD_BYTES - 20)).await, (true, true));
    assert_eq!(is_taken(&long(DEFAULT_MAX_PAYLOAD_BYTES)).await, (false, false));
}
