//! The first programs that a newcomer reads are short.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

/// The longest first program, in lines that are not blank.
const MOST_LINES: usize = 15;
/// The most things of fang that it imports. Besides them it names the attribute and the error type of `main`.
const MOST_IMPORTS: usize = 3;

/// The programs with a function of `#[fang::task]` in a text, less the marks of its comments.
fn programs(text: &str) -> Vec<String> {
    let text = text.lines().map(|line| line.trim_start_matches("//!")).collect::<Vec<_>>().join("\n");
    let blocks = text.split("```").skip(1).step_by(2).filter(|block| block.contains("#[fang::task"));
    blocks.filter(|block| block.contains("fn main()")).map(str::to_owned).collect()
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
            let imports = program.split_once("use fang::{").unwrap().1.split_once('}').unwrap().0;
            assert!(imports.split(',').count() <= MOST_IMPORTS, "{file}: {imports}");
        }
    }
}
