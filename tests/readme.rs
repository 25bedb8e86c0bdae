//! The README names a test for each promise, and docs/faults.md one for each fault. Each of them exists. The upgrade guide
//! names what is gone, and what to do instead.

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
    ["tests", "fang-asynk", "fang-blocking", "fang-core", "fang-engine"]
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

/// The public calls of fang 0.10 and 0.11 that this version lacks.
const GONE: [&str; 20] = [
    "fetch_and_touch_task",
    "update_task_state",
    "fail_task",
    "schedule_retry",
    "insert_query",
    "schedule_task_query",
    "fetch_task_query",
    "fetch_and_touch_query",
    "find_task_by_id_query",
    "remove_all_tasks_query",
    "remove_all_scheduled_tasks_query",
    "remove_tasks_of_type_query",
    "remove_task_by_metadata_query",
    "remove_task_query",
    "update_task_state_query",
    "fail_task_query",
    "schedule_retry_query",
    "get_connection",
    "check_if_connection",
    "run_tasks_until_none",
];

#[test]
fn the_upgrade_guide_says_what_to_do_instead_of_each_call_that_is_gone() {
    let guide = fs::read_to_string(root().join("src/guide/upgrading.md")).unwrap();
    let rows: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")).collect();
    for name in GONE {
        let instead = rows.iter().find(|(before, _)| before.contains(&format!("`{name}`")));
        let (_, now) = instead.unwrap_or_else(|| panic!("the guide has no row for {name}"));
        let names_something = now.contains("](crate::") || now.contains('`');
        assert!(names_something, "{name}: {now}");
    }
    let mut text = String::new();
    for folder in ["src", "fang-asynk/src", "fang-blocking/src", "fang-core/src", "fang-engine/src"] {
        sources(&root().join(folder), &mut text);
    }
    let is_there = |name: &&str| text.contains(&format!("fn {name}("));
    assert_eq!(GONE.into_iter().filter(is_there).collect::<Vec<_>>(), Vec::<&str>::new());
}
