//! Structs that cannot be tasks.

#![allow(unused)]

use fang::Run;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, fang::Task)]
struct Generic<T>(T);

#[derive(Serialize, Deserialize, fang::Task)]
#[task(retries = 5)]
struct Unknown;

#[derive(Serialize, Deserialize, fang::Task)]
#[task(blocking)]
#[task(max_retries = 5)]
struct Twice;

#[derive(Serialize, Deserialize, fang::Task)]
#[task]
struct NoOptions;

#[derive(fang::Task)]
#[task(version = 2, upgrade = upgrade)]
enum Version {
    First,
}

#[derive(fang::Task)]
#[task(version = 2, upgrade = upgrade)]
struct Unnamed(i64);

#[derive(Serialize, Deserialize, fang::Task)]
#[task(needs = Mailer)]
struct NoTypes;

#[derive(Serialize, Deserialize, fang::Task)]
#[task(unique(fields(usr)))]
struct NoField {
    user: i64,
}

#[fang::task(blocking)]
async fn function() {}

#[fang::task(needs(String))]
async fn needs() {}

fn main() {}
