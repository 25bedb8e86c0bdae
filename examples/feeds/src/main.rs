//! Syncs RSS, Atom and JSON feeds, and delivers each new item once to each subscriber of its feed.
//!
//! The program shows a typical use of fang. It has a task for each feed, a task for each delivery and a heavy task
//! for the digests of each sync, and a pool for each of these kinds. Tasks are inserted in the same transaction as
//! the rows of the application. See its README.md.

mod app;
mod args;
mod deliver;
mod demo;
mod digest;
mod digest_items;
mod fetch;
mod figures;
mod list;
mod parse;
mod pools;
mod progress;
mod round;
mod run;
mod save;
mod summary;
mod sync_feed;
mod threads;
mod trouble;

use args::Args;
use clap::Parser;
use run::Ending;
use std::process::ExitCode;

const NO_DATABASE: &str = "\
DATABASE_URL is not set: this example needs a Postgres server. Name one,

    DATABASE_URL=postgres://user:password@localhost/app cargo run -p fang-example-feeds -- --demo 300

or use a throwaway one:

    cargo build -p fang-test-support
    target/debug/with-postgres -- cargo run -p fang-example-feeds -- --demo 300

All its tables are in a schema of their own, fang_feeds.";

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    let Ok(uri) = std::env::var("DATABASE_URL") else {
        eprintln!("{NO_DATABASE}");
        return ExitCode::from(2);
    };
    match run::run(&args, &uri).await {
        Ok(Ending::Complete) => ExitCode::SUCCESS,
        Ok(Ending::Incorrect) => ExitCode::FAILURE,
        // The exit code of a shell for a program that Ctrl-C has ended.
        Ok(Ending::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("feeds: {error}");
            ExitCode::FAILURE
        }
    }
}
