//! Places and forms in which a function may stand.

#![deny(missing_docs, dead_code, deprecated, unused, clippy::pedantic)]

use fang::{AsyncQueueable, MemoryQueue, Run, State};

/// Tasks of another module, by visibility.
pub mod elsewhere {
    use serde::{Deserialize, Serialize};

    /// An address.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Address {
        /// The street.
        pub street: String,
    }

    /// For everyone.
    #[fang::task]
    pub async fn open(address: Address, r#loop: bool, tags: Vec<Option<(u8, String)>>) {
        let _ = (address, r#loop, tags);
    }

    /// For this program.
    #[fang::task(kind = "crate wide")]
    pub(crate) fn within() {}

    /// For the parent.
    #[fang::task]
    pub(super) async fn parent(text: std::borrow::Cow<'static, str>) {
        let _ = text;
    }
}

/// A part of another crate.
pub mod ours {
    pub use ::fang;
}

/// Finds fang there.
#[fang::task(crate = "crate::forms::ours::fang", aliases = ["found before"], max_retries = 0)]
async fn found_elsewhere(user: u8, run: &Run) -> Result<(), String> {
    if user == run.attempt().to_le_bytes()[0] { Ok(()) } else { Err(user.to_string()) }
}

#[test]
fn fang_may_have_another_path() {
    assert_eq!(found_elsewhere(7).payload(), r#"{"type":"found_elsewhere","user":7}"#);
}

/// Keeps the attributes of the function.
#[fang::task]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "it has eight")]
#[inline(never)]
async fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<(), String> {
    let all = [a, b, c, d, e, f, g, h];
    if all.is_empty() { Err("none".to_owned()) } else { Ok(()) }
}

/// Is left out with its attributes.
#[cfg(any())]
#[fang::task]
async fn nowhere(of_no_such: Type) {}

/// Is left out as well.
#[fang::task]
#[cfg(any())]
async fn nowhere(of_no_such: Type) {}

#[tokio::test]
async fn a_function_may_stand_in_a_module_or_a_body() {
    use elsewhere::{Address, open, parent, within};

    /// A value of the pool.
    struct Value(u8);

    /// Stands in a body.
    #[fang::task(task_type = "in a body")]
    async fn inner(
        mut number: u8,
        _unused: Option<u8>,
        run: &Run,
        value: State<Value>,
    ) -> Result<(), String> {
        number += value.0;
        if number == 3 && run.attempt() == 0 { Ok(()) } else { Err(format!("{number}")) }
    }

    let queue = MemoryQueue::new();
    let address = Address { street: "Main Street".to_owned() };
    let task = queue.insert(open(address, true, vec![None, Some((1, "a".to_owned()))])).await.unwrap();
    let json = r#"{"type":"open","address":{"street":"Main Street"},"loop":true,"tags":[null,[1,"a"]]}"#;
    assert_eq!(task.metadata, json.parse::<serde_json::Value>().unwrap());
    assert_eq!(queue.insert(within()).await.unwrap().kind(), Some("crate wide"));
    assert_eq!(queue.insert(parent("text".into())).await.unwrap().metadata["text"], "text");
    assert_eq!(queue.insert(many(1, 2, 3, 4, 5, 6, 7, 8)).await.unwrap().metadata["h"], 8);
    assert_eq!(queue.insert(inner(1, None)).await.unwrap().task_type, "in a body");
    inner::call(1, None, &queue.as_run(), State::new(Value(2))).await.unwrap();
}

/// Warns those who call it, and not here.
#[fang::task(version = 2, upgrade = |_, fields| fields, aliases = ["older"])]
#[deprecated = "say `welcome`"]
async fn old(user: u8) {
    let _ = user;
}

#[tokio::test]
#[allow(deprecated)]
async fn a_deprecated_task_warns_its_users_alone() {
    assert_eq!(old(7).payload(), r#"{"type":"old","user":7,"version":2}"#);
    old::call(7).await;
}

/// Has the name of a task.
mod letter {
    /// What letters are written on.
    pub(super) const PAPER: &str = "paper";
}

/// Has a module of its name beside it.
#[fang::task(struct_name = "Letter")]
fn letter(to: String) -> Result<(), String> {
    if to.is_empty() { Err(format!("a letter to nobody, on {}", letter::PAPER)) } else { Ok(()) }
}

#[test]
fn a_task_may_have_the_name_of_a_module_beside_it() {
    assert_eq!(letter("Ada".to_owned()).payload(), r#"{"type":"letter","to":"Ada"}"#);
    assert_eq!(Letter::KIND, "letter");
    assert_eq!(Letter::call(String::new()).unwrap_err(), "a letter to nobody, on paper");
}

/// Types with the names of those of the library.
pub mod namesakes {
    use serde::{Deserialize, Serialize};

    /// A tour.
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Run {
        /// In kilometres.
        pub length: u8,
    }

    /// Of a country.
    #[derive(Clone, Serialize, Deserialize)]
    pub struct State<T>(pub T);

    /// Has them as arguments, beside those of the library.
    #[fang::task]
    pub fn tour(tour: self::Run, from: super::namesakes::State<u8>, run: &fang::Run, sum: fang::State<u8>) {
        let _ = tour.length + from.0 + *sum + u8::from(run.is_cancelled());
    }
}

#[test]
fn types_that_are_called_run_and_state_are_arguments_by_their_paths() {
    let task = namesakes::tour(namesakes::Run { length: 42 }, namesakes::State(7));
    assert_eq!(task.payload(), r#"{"type":"tour","tour":{"length":42},"from":7}"#);
}
