//! Commands that look, and the inserts that they show.

use crate::shell::{Shell, bare};
use fang_test_support::TestDatabase;

#[tokio::test]
async fn migrate_creates_the_tables_once_and_status_tells_their_version() {
    let shell = Shell { database: TestDatabase::create().await.unwrap() };
    let first = shell.json(&["migrate", "--schema", "jobs"]);
    assert!(first["applied"].as_u64().unwrap() > 0);
    assert_eq!(shell.json(&["migrate", "--schema", "jobs"])["applied"], 0);
    assert!(shell.refuses(&["status"]).contains("fang migrate"), "the tables are in another schema");
    let status = shell.json(&["status", "--schema", "jobs"]);
    assert_eq!(status["schema_version"], first["schema_version"]);
    assert_eq!(status["schema_version"], status["supported_schema_version"]);
}

#[tokio::test]
async fn migrations_are_told_and_printed_before_they_are_applied() {
    let shell = Shell { database: TestDatabase::create().await.unwrap() };
    let missing = shell.json(&["migrate", "--dry-run"]);
    assert_eq!(missing["missing"].as_array().unwrap().last(), Some(&missing["supported_schema_version"]));
    for place in [&[][..], &["--schema", "jobs"]] {
        let with = |arguments: &[&'static str]| [arguments, place].concat();
        let script = shell.says(&with(&["migrate", "--sql"]));
        assert_eq!(shell.says(&with(&["migrate", "--dry-run", "--sql"])), script);
        assert!(shell.refuses(&with(&["status"])).contains("fang migrate"), "nothing was changed");
        shell.database.client().await.unwrap().batch_execute(&script).await.unwrap();
        assert_eq!(shell.says(&with(&["migrate", "--dry-run"])), "no migration is missing\n");
        assert_eq!(shell.json(&with(&["migrate"]))["applied"], 0);
    }
    assert!(shell.says(&["migrate", "--sql"]).starts_with("-- "));
}

#[tokio::test]
async fn a_bench_measures_in_a_schema_of_its_own_and_drops_it() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", "{}"]);
    let figures = shell.json(&["bench", "--tasks", "1500", "--workers", "4"]);
    for figure in ["inserts_per_second", "tasks_per_second", "pickup_p50_seconds", "pickup_p99_seconds"] {
        assert!(figures[figure].as_f64() > Some(0.0), "{figures}");
    }
    assert!(shell.refuses(&["bench", "--pgbouncer"]).contains("connect to the server itself"));
    let client = shell.database.client().await.unwrap();
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'fang%'";
    assert_eq!(client.query_one(schemas, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(shell.state(&id), "new", "the tasks of the application are left alone");
}

#[tokio::test]
async fn status_counts_the_tasks_of_each_type_by_state_only_if_it_has_to_be_exact() {
    let shell = Shell::open().await;
    shell.insert(&["Mail", "{}", "--task-type", "mail"]);
    shell.insert(&["Mail", "{}", "--task-type", "mail", "--delay", "1h"]);
    shell.failed(&["Report", "{}"]);
    let types = shell.json(&["status", "--exact"])["task_types"].clone();
    assert_eq!((&types[0]["task_type"], &types[0]["states"]["failed"]), (&"common".into(), &1.into()));
    assert_eq!((&types[1]["waiting"], &types[1]["due"]), (&2.into(), &1.into()));
    assert_eq!(types[1]["states"]["new"], 2);
    let status = shell.json(&["status"]);
    assert_eq!((&status["failed"]["tasks"], &status["running"]["tasks"]), (&1.into(), &0.into()));
    let quick = status["task_types"].clone();
    assert_eq!(quick.as_array().unwrap().len(), 1);
    assert_eq!((&quick[0]["task_type"], quick[0].get("states")), (&"mail".into(), None));
    assert!(shell.says(&["status"]).contains("running 0  failed 1  crons 0, of these 0 paused"));
    let plain = shell.says(&["status", "--exact"]);
    let rows: Vec<_> =
        plain.lines().skip(3).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(rows[1], ["common", "0", "0", "0", "1", "0"], "{plain}");
    // The age of the oldest depends on how busy the machine is.
    let (oldest, others): (Vec<_>, Vec<_>) = (0..).zip(&rows[2]).partition(|(column, _)| *column == 2);
    assert!(oldest[0].1.ends_with('s'), "{plain}");
    let others: Vec<_> = others.into_iter().map(|(_, cell)| *cell).collect();
    assert_eq!(others, ["mail", "1", "2", "0", "0", "0"], "{plain}");
}

#[tokio::test]
async fn show_prints_all_digits_of_a_number() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", r#"{"n":123456789012345678901234567890,"x":[0.12345678901234567891]}"#]);
    let (plain, json) = (shell.says(&["show", &id]), shell.says(&["show", &id, "--json"]));
    for text in [&plain, &json] {
        let is_whole =
            text.contains("123456789012345678901234567890") && text.contains("0.12345678901234567891");
        assert!(is_whole, "{text}");
    }
    assert!(plain.contains("\n      \"n\": 1") && json.lines().count() == 1, "{plain}{json}");
}

#[tokio::test]
async fn show_tells_all_of_a_task_and_hides_its_payload_if_asked() {
    let shell = Shell::open().await;
    let options = ["--mode", "blocking", "--priority", "high", "--max-retries", "3", "--expires", "1d"];
    let id =
        shell.insert(&[&["Mail", r#"{"user":12345678901234567890,"name":"Ada"}"#], &options[..]].concat());
    let client = shell.database.client().await.unwrap();
    let failures = r#"[{"at":"2026-11-24T10:00:00Z","attempt":1,"error":"no\u001b[31m\nanswer"}]"#;
    let statement = format!("UPDATE fang_tasks SET errors = '{failures}'");
    client.batch_execute(&statement).await.unwrap();
    let shown = shell.json(&["show", &id]);
    assert_eq!(shown["payload"]["user"], 12345678901234567890_u64);
    assert_eq!(
        (&shown["kind"], &shown["mode"], &shown["priority"]),
        (&"Mail".into(), &"blocking".into(), &"high".into())
    );
    assert_eq!((&shown["max_retries"], &shown["failures"][0]["attempt"]), (&3.into(), &1.into()));
    assert!(shown["expires_at"].is_string() && shown["keep_until"].is_null());
    let plain = shell.says(&["show", &id]);
    assert!(plain.contains("    no [31m\n    answer\n") && plain.contains(r#""name": "Ada""#), "{plain}");
    let hidden =
        shell.says(&["show", &id, "--no-payload"]) + &shell.says(&["show", &id, "--no-payload", "--json"]);
    assert!(hidden.contains("Mail") && !hidden.contains("Ada"), "{hidden}");
}

#[tokio::test]
async fn insert_keeps_out_duplicates_of_a_key_and_reads_from_the_standard_input() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", "{}", "--unique-key", "ada"]);
    let again = shell.json(&["insert", "Mail", "{}", "--unique-key", "ada"]);
    assert_eq!((&again["is_new"], again["id"].as_str()), (&false.into(), Some(id.as_str())));
    let mut command = shell.command(&["insert", "Mail", "-", "--at", "2099-01-01T00:00:00Z", "--json"]);
    let file = std::env::temp_dir().join(shell.database.name());
    std::fs::write(&file, r#"{"user":7}"#).unwrap();
    let output = command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let inserted: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = shell.json(&["show", inserted["id"].as_str().unwrap()]);
    assert_eq!(
        (&shown["payload"]["user"], &shown["scheduled_at"]),
        (&7.into(), &"2099-01-01T00:00:00Z".into())
    );
}

#[test]
fn help_version_and_completions_need_no_database() {
    for (argument, text) in [("--help", "Usage: fang"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let output = bare(&[argument]).output().unwrap();
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains(text));
    }
    let output = bare(&["completions", "bash"]).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("reschedule"));
}

#[test]
fn the_help_tells_what_a_filter_without_a_state_means_and_no_default_of_what_stays() {
    let help = |arguments: &[&str]| {
        String::from_utf8(bare(&[arguments, &["--help"]].concat()).output().unwrap().stdout).unwrap()
    };
    for command in ["retry", "cancel", "remove", "reschedule", "priority"] {
        assert!(help(&[command]).contains("A filter without --state means"), "{command}");
    }
    let (added, edited) = (help(&["crons", "add"]), help(&["crons", "edit"]));
    assert!(added.contains("Defaults to normal") && edited.contains("--priority"));
    let edited = edited.split("Database:").next().unwrap();
    assert!(!edited.contains("Defaults to"), "{edited}");
}
