use super::Rig;
use super::acts::{id, task};
use crate::store::{Claimed, Verdict};
use crate::task::FangTaskState;

/// Payloads that Postgres accepts and `serde_json` refuses: a number out of range, and nesting that is too deep.
fn unreadable() -> [String; 2] {
    [r#"{"type":"Contract","n":1e400}"#.to_owned(), "[".repeat(200) + &"]".repeat(200)]
}

fn is_readable(task: &Claimed) -> bool {
    serde_json::from_str::<serde_json::Value>(&task.metadata).is_ok()
}

/// A bad row costs that row only.
pub async fn an_unreadable_payload_is_claimed_next_to_good_ones_and_can_be_failed(rig: &dyn Rig) {
    for (n, payload) in (2..).zip(unreadable()) {
        rig.insert_raw(id(n), &payload, "common").await;
    }
    rig.insert(&[task(1), task(4)]).await;
    let worker = rig.worker().await;
    let mut claimed = rig.claim(worker, 10).await;
    claimed.sort_unstable_by_key(|task| task.id);
    assert_eq!(claimed.iter().map(is_readable).collect::<Vec<_>>(), [true, false, false, true]);
    for task in &claimed {
        let verdict =
            if is_readable(task) { Verdict::Keep } else { Verdict::Fail { error: "no".to_owned() } };
        assert!(rig.finish(worker, task, verdict).await);
    }
    assert_eq!(rig.state(3).await, FangTaskState::Failed);
    assert_eq!(rig.state(4).await, FangTaskState::Finished);
}

/// Its payload is shown as text.
pub async fn an_unreadable_payload_is_found_and_listed(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    for (n, payload) in (2..).zip(unreadable()) {
        rig.insert_raw(id(n), &payload, "common").await;
        assert!(rig.find(n).await.metadata.is_string());
    }
    assert_eq!(rig.all().await, [3, 2, 1]);
}

/// The runtime refuses a payload without a kind, not the store.
pub async fn a_payload_may_be_any_json(rig: &dyn Rig) {
    let payloads = ["null", "[]", "\"text\"", "17", "{}", r#"{"type":7}"#, r#"{"type":"\\u0000"}"#];
    for (n, payload) in (1..).zip(payloads) {
        rig.insert_raw(id(n), payload, "common").await;
    }
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 10).await;
    assert_eq!(claimed.len(), payloads.len());
    assert!(claimed.iter().all(is_readable));
}

/// Escapes, large numbers and characters of four bytes included.
pub async fn a_payload_is_returned_unchanged(rig: &dyn Rig) {
    let payload =
        r#"{"type":"Contract","text":"it's \"quoted\" 🦀\n","numbers":[0.1,-7,18446744073709551615]}"#;
    rig.insert_raw(id(1), payload, "common").await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(read(&claimed.metadata), read(payload));
    assert_eq!(rig.find(1).await.metadata, read(payload));
}
