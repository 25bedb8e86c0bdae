use super::*;
use crate::error::FangError;
use crate::new_task::NewTask;
use crate::queueable::AsyncQueueable;
use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

macro_rules! tasks {
    ($($(#[$attribute:meta])* struct $name:ident $fields:tt)+) => {
        $(
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            $(#[$attribute])*
            struct $name $fields

            #[typetag::serde]
            #[async_trait::async_trait]
            impl AsyncRunnable for $name {
                async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
                    Ok(())
                }

                // Lets a test compare what was decoded.
                fn task_type(&self) -> String {
                    format!("{self:?}")
                }
            }
        )+
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Dot,
    #[serde(rename = "round")]
    Circle(f64),
    Box {
        width: u8,
        height: Option<i64>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(u64),
    Float(f64),
    Text(String),
    Pair { left: i8, right: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Beside {
    Counts(BTreeMap<u64, u64>),
    Names(BTreeMap<String, String>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "abc", content = "ää")]
enum Abroad {
    Counts(BTreeMap<u64, u64>),
}

fn lossy<S: Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(*value)
}

fn from_lossy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(u32::deserialize(deserializer)? / 10)
}

tasks! {
    struct Labelled { number: u8, #[serde(flatten)] labels: BTreeMap<String, String> }
    struct Keyed { m: BTreeMap<u64, i8>, on: BTreeMap<bool, char>, wide: BTreeMap<i128, ()> }
    struct Wide { u: u128, i: i128 }
    struct Floats { f: f64, half: f32, more: Vec<f64> }
    struct Maybe { f: Option<f64>, of: Option<Option<u8>> }
    struct Shapes { s: Vec<Shape>, loose: Vec<Loose>, #[serde(rename = "a-b")] renamed: u64 }
    struct Adjacent { b: Beside }
    struct FromAbroad { b: Abroad }
    struct Sets { tags: HashSet<String>, pairs: HashMap<String, HashSet<u8>> }
    struct Nested { d: Vec<serde_json::Value> }
    struct Forgets { #[serde(skip_deserializing)] a: u8 }
    struct Divides { #[serde(serialize_with = "lossy", deserialize_with = "from_lossy")] a: u32 }
    struct Omits { #[serde(skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    struct Raw { a: u8, raw: Unequal }
    struct Unit {}
    #[serde(transparent)] struct Newtype { map: BTreeMap<String, u8> }
}

/// Raw JSON, which is not comparable.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Unequal(Box<serde_json::value::RawValue>);

impl PartialEq for Unequal {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

fn checked(task: &dyn AsyncRunnable) -> Result<(), PayloadError> {
    NewTask::asynk(task)?.task_type("common").check(usize::MAX)
}

/// The field that a refusal names.
#[track_caller]
fn refused(task: &dyn AsyncRunnable) -> String {
    match checked(task).unwrap_err() {
        PayloadError::DuplicateField { field, .. } | PayloadError::Changed { field, .. } => field,
        other => panic!("another error: {other}"),
    }
}

/// Decodes the JSON as a pool does, in the order of keys that `jsonb` has.
fn comes_back<T: AsyncRunnable + Debug>(task: &T) -> bool {
    let json = serde_json::to_string(task as &dyn AsyncRunnable).unwrap();
    let saved = read(&json).map(|document| document.as_restored("", 0));
    let decoded = saved.ok().and_then(|saved| kind::decode::<dyn AsyncRunnable>(&saved).ok());
    decoded.is_some_and(|decoded| decoded.task_type() == format!("{task:?}"))
}

fn labels(keys: &[&str]) -> Labelled {
    let labels = keys.iter().map(|key| ((*key).to_owned(), "Other".to_owned())).collect();
    Labelled { number: 1, labels }
}

#[test]
fn a_field_that_collides_with_the_kind_or_another_field_is_refused_by_name() {
    assert_eq!(refused(&labels(&["a", "type"])), "`type`");
    assert_eq!(refused(&labels(&["number"])), "`number`");
    checked(&labels(&["a", "types", "Type"])).unwrap();
}

#[test]
fn a_key_is_found_twice_at_any_depth_and_however_it_is_escaped() {
    for (json, path) in [
        (r#"{"type":"X","a":[{},{"b":1,"c":2,"b":3}]}"#, "`a[1].b`"),
        (r#"{"type":"X","a":{"b":1,"\u0062":3}}"#, "`a.b`"),
        (r#"{"type":"X","t\u0079pe":"Y"}"#, "`type`"),
        (r#"{"type":"X","a b":{"ada@example.com":{"c":1,"c":1}}}"#, "`?.?.c`"),
    ] {
        let error = check(json, Origin::Text, Mode::Any).unwrap_err();
        let PayloadError::DuplicateField { field, kind } = &error else { panic!("{error}") };
        assert_eq!((field.as_str(), kind.as_str()), (path, "X"));
    }
}

#[test]
fn text_that_no_program_can_run_is_refused() {
    let check = |json: &str| check(json, Origin::Text, Mode::Asynk);
    assert!(matches!(check("hunter2"), Err(PayloadError::NotJson(_))));
    for json in ["[]", "null", "{}", r#"{"type":7}"#] {
        assert!(matches!(check(json), Err(PayloadError::NoKind)), "{json}");
    }
    assert!(matches!(check(r#"{"type":"Wide","u":1}"#), Err(PayloadError::Changed { .. })));
    check(r#"{"type":"Wide","u":1,"i":2,"more":3}"#).unwrap();
}

#[test]
fn a_kind_of_another_program_is_accepted() {
    check(r#"{"type":"Elsewhere","n":1e400}"#, Origin::Text, Mode::Any).unwrap();
    check(r#"{"type":"Elsewhere","n":1e400}"#, Origin::Text, Mode::Blocking).unwrap();
}

#[test]
fn maps_with_other_keys_than_text_and_wide_numbers_come_back() {
    let keyed = Keyed {
        m: [(u64::MAX, -1)].into(),
        on: [(true, 'x'), (false, '"')].into(),
        wide: [(i128::MIN, ())].into(),
    };
    let wide = Wide { u: u128::MAX, i: i128::MIN };
    assert!(checked(&keyed).is_ok() && comes_back(&keyed));
    assert!(checked(&wide).is_ok() && comes_back(&wide));
}

/// serde buffers the content that comes before its tag, and then takes only texts as keys.
#[test]
fn the_order_of_keys_in_the_store_counts() {
    let counts = Adjacent { b: Beside::Counts([(1, 2)].into()) };
    assert_eq!((refused(&counts), comes_back(&counts)), ("`b`".to_owned(), false));
    let names = Adjacent { b: Beside::Names([("a".into(), "b".into())].into()) };
    assert!(checked(&names).is_ok() && comes_back(&names));
}

/// LATIN1 has one byte for each `ä`, so this key comes before the tag.
#[test]
fn a_payload_is_decoded_although_the_encoding_of_its_database_orders_keys_in_another_way() {
    let abroad = FromAbroad { b: Abroad::Counts([(1, 2)].into()) };
    checked(&abroad).unwrap();
    let json = r#"{"b":{"ää":{"1":2},"abc":"Counts"},"type":"FromAbroad"}"#;
    let decoded = kind::decode::<dyn AsyncRunnable>(json).unwrap();
    assert_eq!(decoded.task_type(), format!("{abroad:?}"));
}

/// As a memory store returns it.
#[test]
fn a_payload_is_decoded_although_its_numbers_are_written_in_another_way() {
    let json = r#"{"type":"Divides","a":1e1}"#;
    assert!(check(json, Origin::Text, Mode::Asynk).is_ok());
    assert!(kind::decode::<dyn AsyncRunnable>(json).is_ok());
}

/// Whether a task is accepted by its own type, without the registry of kinds.
fn is_accepted_by_its_type(task: &dyn AsyncRunnable) -> bool {
    let json = serde_json::to_string(task).unwrap();
    let document = read(&json).ok().unwrap();
    let kind = kind_of(&document).unwrap();
    task.check_of_type().accepts(&json, &kind, &document.as_restored(TAG, 0))
}

#[test]
fn usual_structs_are_accepted_by_their_own_type() {
    let shapes = vec![Shape::Dot, Shape::Circle(0.1), Shape::Box { width: 1, height: None }];
    let keyed = Keyed { m: [(7, -1)].into(), on: BTreeMap::new(), wide: [(i128::MAX, ())].into() };
    assert!(is_accepted_by_its_type(&Shapes { s: shapes, loose: vec![], renamed: 7 }));
    assert!(is_accepted_by_its_type(&keyed));
    assert!(is_accepted_by_its_type(&labels(&["a", "types"])));
    assert!(is_accepted_by_its_type(&Newtype { map: [("a".into(), 1)].into() }));
    assert!(is_accepted_by_its_type(&Unit {}));
}

#[test]
fn no_type_accepts_what_is_decoded_to_another_value() {
    assert!(!is_accepted_by_its_type(&Forgets { a: 1 }));
    assert!(!is_accepted_by_its_type(&Divides { a: 77 }));
    assert!(!is_accepted_by_its_type(&Omits { list: vec![] }));
    assert!(!is_accepted_by_its_type(&Floats { f: f64::NAN, half: 0.0, more: vec![] }));
    // The registry does, since jsonb has no such sign.
    let minus_zero = Floats { f: -0.0, half: 0.0, more: vec![] };
    assert!(!is_accepted_by_its_type(&minus_zero) && checked(&minus_zero).is_ok());
}

#[test]
fn what_json_cannot_say_is_refused() {
    for f in [f64::NAN, f64::INFINITY] {
        assert_eq!(refused(&Floats { f, half: 0.0, more: vec![] }), "`f`");
        assert_eq!(refused(&Floats { f: 1.0, half: 0.0, more: vec![0.0, f] }), "`more[1]`");
    }
    checked(&Maybe { f: Some(1.5), of: Some(Some(1)) }).unwrap();
}

#[test]
fn what_is_decoded_to_another_value_is_refused() {
    assert_eq!(refused(&Forgets { a: 1 }), "`a`");
    checked(&Forgets { a: 0 }).unwrap();
    assert_eq!(refused(&Divides { a: 77 }), "`a`");
    assert_eq!(refused(&Omits { list: vec![] }), "the payload itself");
    checked(&Omits { list: vec![1] }).unwrap();
}

#[test]
fn nesting_is_bounded_by_the_decoder() {
    let nested = |depth: usize| {
        let value = (1..depth).fold(json!(7), |inner, _| json!([inner]));
        Nested { d: vec![value] }
    };
    assert!(checked(&nested(126)).is_ok() && comes_back(&nested(126)));
    for depth in [127, 128, 1000] {
        assert!(!comes_back(&nested(depth)) && checked(&nested(depth)).is_err(), "{depth}");
    }
}

#[test]
fn a_float_that_comes_back_as_an_integer_is_refused() {
    let loose = |number| Shapes { s: vec![], loose: vec![Loose::Float(number)], renamed: 0 };
    assert_eq!(refused(&loose(1e16)), "`loose[0]`");
    checked(&loose(1.0)).unwrap();
}

#[test]
fn sets_come_back_whatever_their_order() {
    let tags: HashSet<String> = (0..50).map(|n| n.to_string()).collect();
    let sets = Sets { tags, pairs: [("a".into(), (0..50).collect()), ("b".into(), [1].into())].into() };
    checked(&sets).unwrap();
}

#[test]
fn raw_json_and_structs_of_all_forms_come_back() {
    let raw = serde_json::value::RawValue::from_string(r#"{"b": 1.50, "a": [100]}"#.to_owned()).unwrap();
    checked(&Raw { a: 1, raw: Unequal(raw) }).unwrap();
    checked(&Unit {}).unwrap();
    checked(&Newtype { map: [("a".into(), 1)].into() }).unwrap();
    assert_eq!(refused(&Newtype { map: [("type".into(), 1)].into() }), "`type`");
}

#[test]
fn an_error_quotes_no_value() {
    let error = check(r#"{"type":"Wide","u":"hunter2","i":1}"#, Origin::Text, Mode::Asynk).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("`u`") && !shown.contains("hunter2"), "{shown}");
}

fn any_f64() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        prop::sample::select(vec![f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e16, 1e15, 0.1, f64::NAN]),
    ]
}

fn any_shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Dot),
        any_f64().prop_map(Shape::Circle),
        any::<(u8, Option<i64>)>().prop_map(|(width, height)| Shape::Box { width, height }),
    ]
}

fn any_loose() -> impl Strategy<Value = Loose> {
    prop_oneof![
        any::<u64>().prop_map(Loose::Number),
        any_f64().prop_map(|float| Loose::Float(if float == 0.0 { 0.0 } else { float })),
        r"[^\x00]{0,9}".prop_map(Loose::Text),
        any::<(i8, bool)>().prop_map(|(left, right)| Loose::Pair { left, right }),
    ]
}

/// What is accepted comes back as it was; what comes back as it was is accepted.
fn agrees<T: AsyncRunnable + Debug>(task: &T) -> Result<(), TestCaseError> {
    let accepted = checked(task);
    let comes_back = comes_back(task);
    prop_assert_eq!(accepted.is_ok(), comes_back, "{:?}: {:?}", task, accepted);
    Ok(())
}

proptest! {
    #[test]
    fn floats_are_accepted_exactly_if_they_come_back(f in any_f64(), half: f32, more in prop::collection::vec(any_f64(), 0..4)) {
        let has_minus_zero = |f: &f64| f.to_bits() == (-0.0_f64).to_bits();
        prop_assume!(half.to_bits() != (-0.0_f32).to_bits() && !has_minus_zero(&f) && !more.iter().any(has_minus_zero));
        let are_finite = f.is_finite() && half.is_finite() && more.iter().all(|f| f.is_finite());
        let task = Floats { f, half, more };
        agrees(&task)?;
        prop_assert_eq!(checked(&task).is_ok(), are_finite, "every float that JSON can say is accepted: {:?}", task);
    }

    #[test]
    fn enums_are_accepted_exactly_if_they_come_back(
        s in prop::collection::vec(any_shape(), 0..3), loose in prop::collection::vec(any_loose(), 0..3), renamed: u64
    ) {
        agrees(&Shapes { s, loose, renamed })?;
    }

    #[test]
    fn maps_are_accepted_exactly_if_they_come_back(
        m: BTreeMap<u64, i8>, on in prop::collection::btree_map(any::<bool>(), prop::char::range('\u{1}', '\u{fff}'), 0..3),
        wide in prop::collection::btree_map(any::<i128>(), Just(()), 0..3)
    ) {
        agrees(&Keyed { m, on, wide })?;
    }

    #[test]
    fn flattened_keys_are_accepted_exactly_if_they_come_back(
        labels in prop::collection::btree_map(r"type|number|[a-z]{0,5}|[^\x00]{0,4}", r"[^\x00]{0,9}", 0..4)
    ) {
        let task = Labelled { number: 1, labels };
        let collides = task.labels.keys().any(|key| key == "type" || key == "number");
        prop_assert_eq!(checked(&task).is_err(), collides);
        agrees(&task)?;
    }
}
