//! The lines that this test program logs.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// All lines above trace level, of all tests.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// How many lines with some words there were when they were last counted, and among how many lines. Tests count again and
/// again, and all lines are too many for that.
static COUNTED: LazyLock<Mutex<HashMap<String, (usize, usize)>>> = LazyLock::new(Mutex::default);

/// The logger panics at lines that contain this, as one does that prints to a closed pipe.
pub const UNLOGGABLE: &str = "no logger takes this";

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {} {}", record.level(), record.target(), record.args());
        // Not that of a span, which comes first.
        assert!(record.level() > Level::Warn || !line.contains(UNLOGGABLE), "the logger panics");
        logged().push(line);
    }

    fn flush(&self) {}
}

/// Begins to collect lines.
pub fn collect_logs() {
    let _ = log::set_logger(&Collector);
    log::set_max_level(LevelFilter::Debug);
}

/// The lines so far.
pub fn logged() -> MutexGuard<'static, Vec<String>> {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many lines so far contain all of these words.
pub fn logged_with(words: &[&str]) -> usize {
    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    let (with, among) = counted.entry(words.join("\n")).or_default();
    let lines = logged();
    *with += lines[*among..].iter().filter(|line| words.iter().all(|word| line.contains(word))).count();
    *among = lines.len();
    *with
}
