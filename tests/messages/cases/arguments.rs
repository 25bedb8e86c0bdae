//! Arguments that cannot be saved, or are taken in a way that does not work.

#![allow(unused)]

use fang::{AsyncQueueable, Queueable, Run, State};

struct Mailer;

#[fang::task]
async fn text(name: &str) {}

#[fang::task]
fn bytes(picture: &[u8]) {}

#[fang::task]
async fn path(path: &'static std::path::PathBuf) {}

#[fang::task]
async fn within(names: Option<&str>) {}

#[fang::task]
async fn lifetime(name: std::borrow::Cow<'_, str>) {}

#[fang::task]
async fn state(mailer: &State<Mailer>) {}

#[fang::task]
async fn run(run: Run) {}

#[fang::task]
async fn mutable_run(run: &mut Run) {}

#[fang::task]
async fn queue(queue: &dyn Queueable) {}

#[fang::task]
fn queue_of_the_other_mode(queue: &dyn AsyncQueueable) {}

#[fang::task]
async fn taken_apart((user, mail): (i64, String)) {}

#[fang::task]
async fn nameless(_: i64) {}

#[fang::task]
async fn kind(r#type: String) {}

#[fang::task]
async fn of_the_caller(name: impl ToString) {}

#[fang::task]
async fn boxed(name: dyn ToString) {}

#[fang::task]
async fn conditional(#[cfg(unix)] user: i64) {}

#[fang::task]
async fn not_saved(#[serde(default)] run: &Run) {}

#[fang::task]
async fn two_at_once(one: &str, (a, b): (u8, u8)) {}

fn main() {}
