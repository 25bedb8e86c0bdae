//! Each thing has one name. Words that used to stand for several things are gone from code, comments and documents.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Words that are gone, and the words that are used instead. A word is found at its beginning: `settle` is found in
/// `settled` as well.
const GONE: [(&str, &str); 17] = [
    ("lane", "task type, or scan range"),
    ("holder", "lock-claim, duplicate, or worker"),
    ("hold_short", "lock_claims"),
    ("fang_holds", "fang_lock_claims"),
    ("bite", "batch"),
    ("rota", "weights"),
    ("intake", "insert rules"),
    ("pulse", "beat policy"),
    ("desk", "worker slot"),
    ("settle", "commit, or reconcile"),
    ("unsettled", "no answer"),
    ("announce", "notify"),
    ("wake-up", "notification"),
    ("whoever", "the noun that is meant"),
    ("somebody", "the noun that is meant"),
    ("as ever", "as before"),
    ("so long as", "while"),
];

/// Where words count. What is left out is not ours, or tells of the past.
const ROOTS: [&str; 20] = [
    "README.md",
    "Makefile",
    "benches",
    "docs",
    "examples",
    "fang-asynk",
    "fang-blocking",
    "fang-cli",
    "fang-core",
    "fang-engine",
    "fang-faults",
    "fang-macros",
    "fang-observe",
    "fang-postgres",
    "fang-testing",
    "fang-web",
    "scripts",
    "src",
    "tests",
    "CHANGELOG.md",
];
const SKIPPED: [&str; 4] = ["target", "words.rs", "Cargo.lock", "LICENSE"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if SKIPPED.contains(&name.as_str()) {
        return;
    }
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| files(&entry.unwrap().path(), found));
    } else {
        found.push(path.to_owned());
    }
}

/// Whether the word stands there at the beginning of a word. Names in code are words that an underscore parts.
fn has(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric()))
}

#[test]
fn words_that_are_gone_do_not_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ROOTS.iter().for_each(|name| files(&root.join(name), &mut paths));
    assert!(paths.len() > 300, "only {} files were read", paths.len());
    let mut found = Vec::new();
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let shown = path.strip_prefix(root).unwrap().display().to_string();
        let lines = text.lines().enumerate().map(|(number, line)| (format!("{shown}:{}", number + 1), line));
        for (place, line) in lines.chain([(shown.clone(), shown.as_str())]) {
            let line = line.to_lowercase();
            let gone = GONE.iter().filter(|(word, _)| has(&line, word));
            found.extend(gone.map(|(word, instead)| format!("{place}: {word}; say {instead}")));
        }
    }
    assert!(found.is_empty(), "{} words:\n{}", found.len(), found.join("\n"));
}
