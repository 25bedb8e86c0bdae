//! Payloads that come back as they went in, that are refused, or that a newer program wrote.

use crate::seam::{HOUR, PATIENCE, Run, World, both};
use fang_core::{FangError, FangTaskState, NewTask, PayloadError, Priority, QueueError, Task, Unique};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

crate::each_mode_and_store! {
    a_field_that_collides_with_the_kind_is_refused_by_name,
    floats_come_back_bit_by_bit,
    a_payload_of_odd_types_comes_back_as_it_was,
    a_payload_that_would_not_come_back_is_refused_with_its_path,
    a_payload_of_a_newer_program_waits_for_that_program,
    a_field_that_does_not_fit_is_named_without_its_value,
    a_task_of_a_kind_is_inserted_without_its_code_with_all_options,
}

/// Reports whether it came back as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Checked {
    odd: Odd,
    /// The `Debug` text of `odd`.
    shown: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Odd {
    floats: Vec<f64>,
    /// The bits of the floats.
    bits: Vec<u64>,
    half: f32,
    m: BTreeMap<u64, i64>,
    on: BTreeMap<bool, char>,
    set: BTreeSet<i128>,
    wide: u128,
    either: Vec<Either>,
    #[serde(rename = "another name")]
    renamed: Option<u8>,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
    Pair { left: u8, right: Vec<u8> },
}

impl Checked {
    fn new(odd: Odd) -> Self {
        let shown = if odd.floats.is_empty() { format!("{odd:?}") } else { String::new() };
        Self { odd, shown }
    }

    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let shown = if self.odd.floats.is_empty() { format!("{:?}", self.odd) } else { String::new() };
        // No JSON number of the store has the sign of a zero.
        let is_same = |(float, bits): (&f64, &u64)| {
            float.to_bits() == *bits || (*float == 0.0 && f64::from_bits(*bits) == 0.0)
        };
        let differ = self.odd.floats.iter().zip(&self.odd.bits).filter(|pair| !is_same(*pair)).count();
        let words = if differ == 0 && shown == self.shown {
            "as it was".to_owned()
        } else {
            format!("{differ} changed, {shown}")
        };
        run.stage().tell(&words, run.context());
        Ok(())
    }
}

both!(Checked);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Labelled {
    text: String,
    #[serde(flatten)]
    labels: BTreeMap<String, String>,
}

impl Labelled {
    fn new(label: &str) -> Self {
        Self { text: "x".to_owned(), labels: [(label.to_owned(), "Say".to_owned())].into() }
    }

    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        run.stage().tell("labelled", run.context());
        Ok(())
    }
}

both!(Labelled);

#[track_caller]
fn field<T: std::fmt::Debug>(outcome: Result<T, QueueError>) -> String {
    match outcome.unwrap_err() {
        QueueError::Payload(
            PayloadError::DuplicateField { field, .. } | PayloadError::Changed { field, .. },
        ) => field,
        other => panic!("another error: {other}"),
    }
}

async fn a_field_that_collides_with_the_kind_is_refused_by_name(world: World) {
    let _pool = world.pool(1).start().await;
    let bad = Labelled::new("type");
    assert_eq!(field(world.queue.insert_task(&bad).await), "`type`");
    let many = vec![world.new_task(&Labelled::new("fine")), world.new_task(&bad)];
    assert_eq!(field(world.queue.insert_tasks(many).await), "`type`");
    let text = r#"{"type":"Labelled","text":"x","type":"Say"}"#;
    let text = NewTask::new(text.to_owned(), "common".to_owned(), world.mode.of_rows());
    assert_eq!(field(world.queue.insert(text).await), "`type`");
    assert_eq!(field(world.queue.insert_task(&Labelled::new("text")).await), "`text`");
    assert!(world.queue.count_tasks().await.unwrap().is_empty());
    world.queue.insert_task(&Labelled::new("kind")).await.unwrap();
    assert_eq!(world.heard().await, "labelled");
}

async fn floats_come_back_bit_by_bit(world: World) {
    let _pool = world.pool(2).start().await;
    let edges =
        [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -2.5e-310, 0.0, -0.0, 1e15, 1e16, 1e17, 0.1, 1.0];
    let mut random = fastrand::Rng::with_seed(7);
    let any = std::iter::repeat_with(|| f64::from_bits(random.u64(..))).filter(|float| float.is_finite());
    let floats: Vec<f64> = edges.into_iter().chain(any.take(20_000)).collect();
    let tasks: Vec<_> = floats
        .chunks(1000)
        .map(|floats| {
            let bits = floats.iter().map(|float| float.to_bits()).collect();
            world.new_task(&Checked::new(Odd { floats: floats.to_vec(), bits, ..Odd::default() }))
        })
        .collect();
    let count = tasks.len();
    world.queue.insert_tasks(tasks).await.unwrap();
    for _ in 0..count {
        assert_eq!(world.heard().await, "as it was");
    }
}

async fn a_payload_of_odd_types_comes_back_as_it_was(world: World) {
    let _pool = world.pool(1).start().await;
    let either = vec![
        Either::Number(-1),
        Either::Text("-1".to_owned()),
        Either::Pair { left: 1, right: b"bytes".to_vec() },
    ];
    let odd = Odd {
        half: 0.1,
        m: [(0, -1), (u64::MAX, i64::MIN)].into(),
        on: [(true, '\u{1}'), (false, '"')].into(),
        set: [i128::MIN, 0, i128::MAX].into(),
        wide: u128::MAX,
        either,
        renamed: Some(7),
        rest: [(String::new(), "\\".to_owned()), ("1".to_owned(), "🦀".to_owned())].into(),
        ..Odd::default()
    };
    world.queue.insert_task(&Checked::new(odd)).await.unwrap();
    assert_eq!(world.heard().await, "as it was");
}

async fn a_payload_that_would_not_come_back_is_refused_with_its_path(world: World) {
    let refused = async |odd: Odd| field(world.queue.insert_task(&Checked::new(odd)).await);
    assert_eq!(refused(Odd { half: f32::NAN, ..Odd::default() }).await, "`odd.half`");
    assert_eq!(
        refused(Odd { wide: 1, floats: vec![0.0, f64::INFINITY], ..Odd::default() }).await,
        "`odd.floats[1]`"
    );
    assert!(world.queue.count_tasks().await.unwrap().is_empty());
}

async fn waits(world: &World, task: &Task) -> String {
    let row = world.row_when(task, |row| row.is_some_and(|row| row.error_message.is_some())).await.unwrap();
    assert_eq!((row.state, row.retries), (FangTaskState::New, 0), "{:?}", row.error_message);
    assert!((row.scheduled_at - row.updated_at).num_seconds() >= 15);
    row.error_message.unwrap()
}

async fn a_payload_of_a_newer_program_waits_for_that_program(world: World) {
    let _pool = world.pool(1).start().await;
    let variant = r#"{"type":"Act","name":"hunter2","how":"Fly","retries":1,"cron":null,"timeout":null}"#;
    let lacking = r#"{"type":"Act","name":"hunter2","how":"Succeed"}"#;
    let deep = r#"{"type":"Act","name":"x","how":{"Insert":"x"},"retries":1,"timeout":{"secs":1}}"#;
    for (payload, words) in [
        (variant, "the enum has no such variant, at `how`"),
        (lacking, "the field `retries` is missing, at the payload itself"),
        (deep, "the field `nanos` is missing, at `timeout`"),
    ] {
        let task = world.insert_unchecked(payload).await;
        let error = waits(&world, &task).await;
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
    }
}

async fn a_field_that_does_not_fit_is_named_without_its_value(world: World) {
    let _pool = world.pool(1).start().await;
    let payloads = [
        (r#"{"type":"Act","name":"x","how":"Succeed","retries":"hunter2"}"#, "in place of i32, at `retries`"),
        (
            r#"{"type":"Act","name":"x","how":{"Insert":["hunter2"]},"retries":1}"#,
            "in place of a string, at `how`",
        ),
        (r#"{"type":"Checked","odd":{"floats":[1,"hunter2"]},"shown":""}"#, "at `odd.floats[1]`"),
    ];
    for (payload, words) in payloads {
        let task = world.insert_unchecked(payload).await;
        let error = world.row_in(&task, FangTaskState::Failed).await.error_message.unwrap();
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
    }
}

async fn a_task_of_a_kind_is_inserted_without_its_code_with_all_options(world: World) {
    let mut pool = world.pool(1).start().await;
    let task =
        |kind| NewTask::of_kind(kind, json!({ "text": "x", "labels": [1] })).mode(world.mode.of_rows());
    let other =
        task("OfAnother").task_type("mail").priority(Priority::High).max_retries(3).tag("a").header("b", "c");
    let other = other.delay(HOUR).expires(HOUR).unique_by(Unique::key("k"));
    let inserted = world.queue.insert(other.clone()).await.unwrap();
    let again = world.queue.insert_tasks(vec![other, task("Say")]).await.unwrap();
    assert_eq!((again[0].id, again[0].is_new, again[1].is_new), (inserted.id, false, true));
    assert_eq!(world.next().await.id, again[1].id, "a program that has the code runs it");
    let row = world.queue.find_task_by_id(inserted.id).await.unwrap().unwrap();
    assert_eq!(row.metadata, json!({ "type": "OfAnother", "text": "x", "labels": [1] }));
    let options = (row.task_type.as_str(), row.mode, row.priority, row.max_retries, row.tags.join(","));
    assert_eq!(options, ("mail", world.mode.of_rows(), Priority::High, Some(3), "a".to_owned()));
    assert_eq!((row.headers["b"].as_str(), row.expires_at), ("c", Some(row.scheduled_at + HOUR)));
    assert!(row.scheduled_at > row.created_at && row.uniq_hash.is_some());
    let bad = NewTask::of_kind("OfAnother", json!({ "type": "x" }));
    assert_eq!(field(world.queue.insert(bad).await), "`type`");
    // This program has the code, so it sees at once that a field is missing.
    let unfit = NewTask::of_kind("Say", json!({ "words": 7 })).mode(world.mode.of_rows());
    assert_eq!(field(world.queue.insert(unfit).await), "the payload itself");
    pool.shutdown(PATIENCE).await;
}
