use clap::{Args as Group, Parser};
use std::path::PathBuf;

/// Syncs feeds into the Postgres database that DATABASE_URL names, and delivers each new item once to
/// each subscriber, and digests its text. Started again after a crash or Ctrl-C, it goes on where it was.
#[derive(Debug, Parser)]
#[command(name = "feeds", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) source: Source,

    /// How many feeds, and how many deliveries, run at the same time.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) workers: u32,

    /// How many feeds to begin a second; all at once by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,

    /// How many OS threads digest the items; 0 leaves that to a later start.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: u32,

    /// How far these threads yield the processor to all else, on Linux.
    #[arg(long, value_name = "N", default_value_t = 19, value_parser = clap::value_parser!(u8).range(..=19))]
    pub(crate) niceness: u8,

    /// After how many seconds of silence a process counts as dead, and others take over its tasks.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) lease_seconds: u64,
}

/// Where the feeds come from.
#[derive(Debug, Group)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
    /// Syncs the feeds of a file: one URL a line, `#` begins a comment.
    #[arg(long, value_name = "FILE")]
    pub(crate) feeds: Option<PathBuf>,

    /// Serves N feeds of its own on loopback, some of them slow or broken, and syncs those.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) demo: Option<u64>,
}
