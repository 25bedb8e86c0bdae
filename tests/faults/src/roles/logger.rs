//! The log of a process, on its standard error.

use crate::clock;
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
    // Somebody else's logger is as good.
    if log::set_logger(&Lines).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
