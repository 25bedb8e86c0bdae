//! Logs to the standard error of the process.

use fang_faults::clock;
use log::{LevelFilter, Log, Metadata, Record};

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("fang")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("{} {} {}", clock::now(), record.level(), record.args());
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
