//! Types that do not fit.

#![allow(unused)]

use fang::{FangError, State};
use std::cell::Cell;
use std::rc::Rc;

#[derive(serde::Serialize, serde::Deserialize)]
struct Connection;

#[fang::task]
async fn not_clone(connection: Connection) {}

#[fang::task]
fn not_shared(count: State<Cell<u8>>) {
    count.set(1);
}

#[fang::task]
fn a_value() -> u8 {
    7
}

struct NoError;

#[fang::task]
fn no_error() -> Result<(), NoError> {
    Err(NoError)
}

#[fang::task]
fn a_value_of_success() -> Result<u8, FangError> {
    Ok(7)
}

#[fang::task]
async fn not_send() {
    let count = Rc::new(1);
    std::future::ready(()).await;
    drop(count);
}

#[fang::task(task_type = String::from("mail"))]
async fn not_constant() {}

#[fang::task(timeout = "30s", max_retries = 1_u8)]
async fn not_a_number() {}

fn main() {}
