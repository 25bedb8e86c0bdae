//! The codes of findings, in the code, in the guide and in these tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The text of a file, or of all files in a folder.
fn text(path: &Path) -> String {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().map(|entry| text(&entry.unwrap().path())).collect();
    }
    fs::read_to_string(path).unwrap()
}

/// The first argument of each finding that the code makes.
fn made(code: &str) -> BTreeSet<&str> {
    let calls = ["Finding::warning(", "Finding::error(", "Self::warning(", "Self::error("];
    let rests = calls.into_iter().flat_map(|call| code.split(call).skip(1));
    rests.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

#[test]
fn the_guide_lists_each_code_and_a_test_provokes_it() {
    let sources = ["fang-postgres/src/doctor", "fang-engine/src/doctor", "fang-core/src/store/finding.rs"];
    let code: String = sources.into_iter().map(|source| text(&root(source))).collect();
    let made = made(&code);
    assert!(made.len() > 25, "{made:?}");
    let guide = text(&root("src/guide/command.md"));
    let table = guide.split("| code | found |").nth(1).unwrap().split("\n\n").next().unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split("` |").next());
    let listed: BTreeSet<_> = cells.flat_map(|cell| cell.split("`, `")).collect();
    assert_eq!(listed, made, "the guide, and the code");
    let tests = text(&root("fang-asynk/tests/doctor"));
    let missing: Vec<_> = made.iter().filter(|code| !tests.contains(&format!("\"{code}\""))).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}
