//! The first programs that a newcomer reads are short, and have little to learn.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The longest first program, in lines that are not blank.
const MOST_LINES: usize = 15;
/// The most names of fang in a first program: the attribute, the queue, the pool and the error.
const MOST_NAMES: usize = 4;

/// The programs with a function of `#[fang::task]` in a text, less the marks of its comments.
fn programs(text: &str) -> Vec<String> {
    let text = text.lines().map(|line| line.trim_start_matches("//!")).collect::<Vec<_>>().join("\n");
    let blocks = text.split("```").skip(1).step_by(2).filter(|block| block.contains("#[fang::task"));
    blocks.filter(|block| block.contains("fn main()")).map(str::to_owned).collect()
}

/// The names of fang in a program: those that it imports, and those with a path.
fn names(program: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut names = BTreeSet::new();
    for path in program.split("fang::").skip(1) {
        match path.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) => names.extend(list.split(',').map(str::trim)),
            None => names.extend(path.split(|c| !is_name(c)).next()),
        }
    }
    names
}

#[test]
fn the_first_programs_are_short_in_both_modes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, number) in [
        ("README.md", 2),
        ("src/lib.rs", 1),
        ("src/guide/getting_started_async.md", 1),
        ("src/guide/getting_started_blocking.md", 1),
    ] {
        let programs = programs(&fs::read_to_string(root.join(file)).unwrap());
        assert!(programs.len() >= number, "{file} has {} programs", programs.len());
        for program in &programs[..number] {
            let is_counted = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
            let attributes = program.matches("\n#[").count() + program.matches("\n #[").count();
            let lines = program.lines().skip(1).filter(is_counted).count() + attributes;
            assert!(lines <= MOST_LINES, "{file}: {lines} lines\n{program}");
            let names = names(program);
            assert!(names.contains("task") && names.contains("FangError"), "{file}: {names:?}");
            assert!(names.len() <= MOST_NAMES, "{file}: {names:?}");
        }
    }
}

#[test]
fn names_are_those_that_a_program_imports_and_those_with_a_path() {
    let program = "use fang::{Queue, WorkerPool};\n#[fang::task]\nfn go() -> fang::FangError {}\nuse fang::asynk::Handle;";
    assert_eq!(Vec::from_iter(names(program)), ["FangError", "Queue", "WorkerPool", "asynk::Handle", "task"]);
}
