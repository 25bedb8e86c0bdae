use clap::{Args as Group, Parser};
use std::path::PathBuf;

/// Syncs feeds into the Postgres database of DATABASE_URL. Delivers each new item once to each subscriber, and
/// makes a digest of its text. After a crash or Ctrl-C, start it again: it goes on where it stopped.
#[derive(Debug, Parser)]
#[command(name = "feeds", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) source: Source,

    /// How many feeds are synced at the same time, and how many deliveries run at the same time.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) workers: u32,

    /// How many feeds to begin per second; all at once by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,

    /// How many OS threads make digests. With 0 the digest tasks wait for a later start.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: u32,

    /// The nice value of these threads, on Linux. At 19 they yield to everything else.
    #[arg(long, value_name = "N", default_value_t = 19, value_parser = clap::value_parser!(u8).range(..=19))]
    pub(crate) niceness: u8,

    /// After how many seconds of silence a process counts as dead. Other processes then run its tasks again.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) lease_seconds: u64,
}

/// The source of the feeds.
#[derive(Debug, Group)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
    /// Syncs the feeds listed in a file: one URL a line, `#` begins a comment.
    #[arg(long, value_name = "FILE")]
    pub(crate) feeds: Option<PathBuf>,

    /// Serves N feeds of its own on loopback, some of them slow or broken, and syncs them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) demo: Option<u64>,
}
