//! Items that are no function of a task.

#![allow(unused)]

struct Mailer;

impl Mailer {
    #[fang::task]
    async fn method(&self, user: i64) {}
}

#[fang::task]
async fn generic<T>(value: T) {}

#[fang::task]
async fn bounded(value: u8) where u8: Copy {}

#[fang::task]
async fn lifetime<'a>(user: i64) {}

#[fang::task]
unsafe fn dangerous() {}

#[fang::task]
const fn constant() {}

#[fang::task]
extern "C" fn foreign() {}

#[fang::task]
struct NoFunction;

fn main() {}
