//! The README names a test for each promise, and docs/faults.md one for each fault. Each of them exists.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

/// The text of all sources below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests that a page names in quotes, which no source has.
fn missing(page: &str) -> Vec<String> {
    let mut text = String::new();
    ["tests", "fang-asynk", "fang-blocking", "fang-core"]
        .iter()
        .for_each(|folder| sources(&root().join(folder), &mut text));
    let page = fs::read_to_string(root().join(page)).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    let names: Vec<_> = quoted.filter(|word| word.matches('_').count() >= 3 && !word.contains(' ')).collect();
    assert!(names.len() > 10, "{names:?}");
    let is_missing = |name: &&str| !text.contains(&format!("fn {name}("));
    names.into_iter().filter(is_missing).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_readme_names_exists() {
    assert_eq!(missing("README.md"), Vec::<String>::new());
}

#[test]
fn every_test_that_the_page_of_faults_names_exists() {
    assert_eq!(missing("docs/faults.md"), Vec::<String>::new());
}
