//! The fields of the JSON of each command, which stay as they are: `json_fields.txt` lists them.

use crate::serving::Serving;
use crate::shell::{Shell, bare};
use fang_test_support::TestDatabase;
use serde_json::Value;
use std::collections::BTreeSet;

const EXPECTED: &str = include_str!("../json_fields.txt");

/// A worker that runs a task, as its beats tell.
const WORKER: &str = r#"
    INSERT INTO fang_workers (info, workers, busy, is_quiet, told)
    VALUES ('{"host": "db1", "pid": 17, "version": "0.12.0", "mode": "asynk", "task_types": ["mail"], "workers": 2}',
        2, 1, false, '{"types": {"mail": {"started": 2, "finished": 1, "us": 3000, "b20": 1, "wus": 3000, "w20": 1}},
          "kinds": {"Mail": {"started": 2, "finished": 1, "us": 3000, "b20": 1, "wus": 3000, "w20": 1}}}');
    UPDATE fang_tasks SET state = 'in_progress', locked_by = (SELECT max(id) FROM fang_workers) WHERE metadata -> 'held' IS NOT NULL"#;
const FAILURES: &str =
    r#"UPDATE fang_tasks SET errors = '[{"at":"2026-11-24T10:00:00Z","attempt":1,"error":"no"}]'"#;

/// The names of the fields, with a dot before those of an inner object and `[]` for each element of a list. Names that the user
/// has given, of headers and in payloads, are left out.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) if !["headers", "payload"].contains(&path.rsplit('.').next().unwrap()) => {
            for (name, value) in object {
                let dot = if path.is_empty() { "" } else { "." };
                fields(value, &format!("{path}{dot}{name}"), found);
            }
        }
        Value::Array(all) if !all.is_empty() => {
            all.iter().for_each(|value| fields(value, &format!("{path}[]"), found))
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

/// The commands with their fields, a line for each.
#[derive(Default)]
struct Listed(String);

impl Listed {
    fn add(&mut self, name: &str, json: &Value) {
        let mut found = BTreeSet::new();
        fields(json, "", &mut found);
        self.0 += &format!("{name}: {}\n", found.into_iter().collect::<Vec<_>>().join(" "));
    }
}

/// Runs each command and lists its fields.
async fn all() -> String {
    let shell = Shell { database: TestDatabase::create().await.unwrap() };
    let client = shell.database.client().await.unwrap();
    let mut listed = Listed::default();
    let mut run = |name: &str, arguments: &[&str]| {
        let words: Vec<_> = name.split(' ').chain(arguments.iter().copied()).collect();
        let json = shell.json(&words);
        listed.add(name, &json);
        json
    };
    run("migrate --dry-run", &[]);
    run("migrate --sql", &[]);
    run("migrate", &[]);
    shell.insert(&["Mail", r#"{"held":1}"#, "--task-type", "mail", "--tag", "held"]);
    let failed = shell.failed(&["Mail", "{}", "--task-type", "mail"]);
    client.batch_execute(&format!("{WORKER};{FAILURES}")).await.unwrap();
    run("insert", &["Mail", "{}"]);
    run("status", &[]);
    run("status --exact", &[]);
    run("tasks", &["--tag", "held"]);
    run("show", &[&failed]);
    run("errors", &[]);
    run("running", &[]);
    run("types", &[]);
    run("kinds", &[]);
    run("types pause", &["odd"]);
    run("types resume", &["odd"]);
    run("top", &["--once"]);
    let workers = run("workers", &[]);
    let worker = workers[0]["id"].to_string();
    for action in ["quiet", "resume", "stop"] {
        run(&format!("workers {action}"), &[&worker]);
    }
    run("retry", &[&failed]);
    for name in ["priority", "reschedule", "cancel", "retry", "remove"] {
        let how: &[&str] = match name {
            "priority" => &["--to", "high"],
            "reschedule" => &["--delay", "1h"],
            _ => &[],
        };
        run(name, &[how, &["--kind", "None", "--yes"]].concat());
    }
    run("crons add", &["nightly", "0 3 * * *", "Report", "{}"]);
    run("crons edit", &["nightly", "--pattern", "0 4 * * *"]);
    run("crons", &[]);
    for action in ["next", "run", "pause", "resume", "remove"] {
        run(&format!("crons {action}"), &["nightly"]);
    }
    run("bench", &["--tasks", "100", "--workers", "1"]);
    client.batch_execute("DROP INDEX fang_tasks_kept").await.unwrap();
    let doctor = shell.command(&["doctor", "--json"]).output().unwrap().stdout;
    listed.add("doctor", &serde_json::from_slice(&doctor).unwrap());
    for name in ["metrics", "web"] {
        let mut serving = Serving::start(&shell, &[name, "--json"]);
        listed.add(name, &serde_json::from_str(&serving.first).unwrap());
        listed.add(name, &serde_json::from_str(&serving.stop().1).unwrap());
    }
    let completions = bare(&["completions", "bash", "--json"]).output().unwrap().stdout;
    listed.add("completions", &serde_json::from_slice(&completions).unwrap());
    listed.0
}

#[tokio::test]
async fn the_fields_of_each_command_stay_as_they_are() {
    let found = all().await;
    for (one, expected) in found.lines().zip(EXPECTED.lines()) {
        assert_eq!(one, expected, "all of them:\n{found}");
    }
    assert_eq!(found.lines().count(), EXPECTED.lines().count(), "{found}");
}

#[test]
fn the_fields_of_every_command_are_listed() {
    let help = String::from_utf8(bare(&["--help"]).output().unwrap().stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names =
        commands.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.filter(|name| *name != "help").collect();
    assert!(names.len() >= 20, "{help}");
    for name in names {
        assert!(EXPECTED.lines().any(|line| line.split([' ', ':']).next() == Some(name)), "{name}");
    }
}
