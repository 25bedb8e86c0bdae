//! Logs to the standard error of the process.

use fang_faults::clock;
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("fang")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {} {}\n", clock::now(), record.level(), record.args());
            // In one piece, since the processes of a campaign write into one file. Nobody is left to tell of a failure.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

pub(super) fn start() {
    // If there is a logger already, it is kept.
    if log::set_logger(&Lines).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
