//! Types with the names of those of the library, and a module with the name of a task.

#![allow(unused)]

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Run;

#[fang::task]
async fn own(run: Run) {}

#[fang::task]
async fn borrowed(run: &self::Run) {}

#[fang::task(struct_name = Welcome)]
async fn no_string() {}

#[fang::task(struct_name = "a name")]
async fn no_name() {}

#[derive(serde::Serialize, serde::Deserialize, fang::Task)]
#[task(struct_name = "Other")]
struct Named;

fn main() {}
