//! The dashboard of `fang top`, in a terminal of tmux.

use crate::fleet::{pool, until};
use crate::shell::Shell;
use crate::tmux::Pane;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Ten minutes with tasks that finished, one of them with two that failed.
const MINUTES: &str = r#"
    INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts)
    SELECT false, date_trunc('minute', now()) - n * interval '1 minute', false, 'mail', jsonb_build_object('finished', 70 + n, 'failed', n / 10 * 2)
    FROM generate_series(1, 10) n"#;

fn nightly(shell: &Shell) {
    shell.says(&["crons", "add", "nightly", "0 3 * * *", "Report", "{}"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tab_shows_what_is_there() {
    let shell = Shell::open().await;
    let ids = [shell.insert(&["Held", "{}"]), shell.insert(&["Held", "{}"])];
    shell.failed(&["Mail", r#"{"user":7}"#, "--task-type", "mail"]);
    shell.says(&["types", "pause", "reports"]);
    nightly(&shell);
    shell.database.client().await.unwrap().batch_execute(MINUTES).await.unwrap();
    let pool = pool(&shell, &Arc::new(Semaphore::new(0)));
    until(|| (shell.json(&["top", "--once"])["busy"] == 2).then_some(())).await;
    let pane = Pane::top(&shell, "");
    let most = ["finished a minute: 80 at most", "failed a minute: 2 at most", "█"];
    pane.shows_all(&[&["running 2  failed 1", "workers busy 2 of 2", "reports"], &most[..]].concat());
    pane.press("2");
    pane.until("the pause", |screen| {
        screen.lines().any(|line| line.starts_with("reports") && line.ends_with("paused"))
    });
    pane.press("Tab");
    pane.shows_all(&["WORKER", "Held", &ids[0], &ids[1]]);
    pane.press("4");
    pane.shows("cancelled");
    pane.press("Right");
    pane.shows_all(&["2 of 2", "alive", &std::process::id().to_string()]);
    pane.press("6");
    pane.shows_all(&["NEXT TICK", "Report/hand:nightly"]);
    pane.press("?");
    pane.shows("stop the dashboard until fg");
    pool.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_looked_into_retried_cancelled_and_removed() {
    let shell = Shell::open().await;
    let mail = shell.failed(&["Mail", r#"{"user":{"name":"Ada"}}"#, "--task-type", "mail"]);
    let report = shell.failed(&["Report", "{}", "--task-type", "reports"]);
    let pane = Pane::top(&shell, "");
    pane.press("4");
    pane.shows("Mail");
    // Its letters are no keys: those of removing are among them.
    pane.pastes("handy");
    pane.press("/");
    pane.pastes("kind=Mail");
    pane.press("Enter");
    // No row is shown until the database has filtered them.
    pane.until("the other rows", |screen| screen.contains("cancelled") && !screen.contains("Report"));
    pane.press("Enter");
    pane.shows_all(&["Timeline", "cancelled", &mail, r#""name": "Ada""#]);
    pane.press("r");
    pane.shows(&format!("retry the task {mail} (Mail, failed: cancelled)? [y/N]"));
    pane.press("n");
    pane.shows("not confirmed; nothing was changed");
    assert_eq!(shell.state(&mail), "failed");
    pane.press("r y");
    pane.shows(&format!("retried {mail}"));
    assert_eq!(shell.state(&mail), "retried");
    pane.press("Escape");
    pane.shows("only those with kind=Mail");
    pane.press("Escape");
    pane.shows("Report");
    pane.press("d y");
    pane.shows(&format!("removed {report}"));
    assert!(shell.refuses(&["show", &report]).contains("no task has the id"));
    let held = shell.insert(&["Held", "{}"]);
    let pool = pool(&shell, &Arc::new(Semaphore::new(0)));
    pane.press("3");
    pane.shows(&held);
    pane.press("c y");
    pane.shows(&format!("cancelled {held}"));
    pool.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_workers_and_crons_are_steered() {
    let shell = Shell::open().await;
    nightly(&shell);
    let pool = pool(&shell, &Arc::new(Semaphore::new(0)));
    let pane = Pane::top(&shell, "");
    pane.press("2");
    pane.until("the types", |screen| screen.contains("common") && !screen.contains("a minute"));
    pane.press("p y");
    pane.shows("common: paused");
    assert!(shell.json(&["types"])[0]["paused_at"].is_string());
    pane.until("the pause", |screen| screen.lines().any(|line| line.ends_with("  paused")));
    pane.press("p");
    pane.shows("resume the task type common? [y/N]");
    pane.press("y");
    pane.shows("common: resumed");
    assert!(shell.json(&["types"])[0]["paused_at"].is_null());

    pane.press("6");
    pane.shows("hand:nightly");
    pane.press("n y");
    pane.shows("inserted ");
    until(|| (shell.json(&["tasks", "--kind", "Report"])["tasks"].as_array()?.len() == 2).then_some(()))
        .await;
    pane.press("p y");
    pane.shows("Report/hand:nightly: paused");
    assert!(shell.json(&["crons"])[0]["paused_at"].is_string());

    pane.press("5");
    pane.shows("alive");
    pane.press("z y");
    pane.shows("alive, quiet");
    pane.press("z y");
    pane.hides("alive, quiet");
    pane.press("s");
    pane.shows("to stop? [y/N]");
    pane.press("y");
    pool.await.unwrap().unwrap();
    pane.shows("dead");
}

#[tokio::test]
async fn the_screen_follows_the_size_of_the_terminal() {
    let shell = Shell::open().await;
    shell.says(&["types", "pause", "reports"]);
    let pane = Pane::top(&shell, "");
    pane.shows("FAILED/S");
    pane.resize(50, 12);
    pane.shows("The terminal has 50x12; fang top needs 60x15.");
    pane.resize(60, 15);
    let small = pane.shows_all(&["reports", "q leave"]);
    assert!(small.lines().all(|line| line.chars().count() <= 60), "{small}");
}

#[tokio::test]
async fn the_terminal_is_as_before_on_every_way_out() {
    let shell = Shell::open().await;
    let pane = Pane::open(&shell, 200, 30);
    pane.types("echo before");
    pane.press("Enter");
    pane.shows("\nbefore\n$");
    for (number, way) in ["q", "Escape", "C-c", "-TERM", "-INT", "-HUP"].into_iter().enumerate() {
        pane.start("; echo ended $?; stty -a");
        assert_eq!((pane.value("alternate_on"), pane.value("cursor_flag")), ("1".into(), "0".into()));
        match way.starts_with('-') {
            true => assert!(Command::new("kill").args([way, &pane.process()]).status().unwrap().success()),
            false => pane.press(way),
        }
        let screen =
            pane.until(way, |screen| screen.contains("ended 0\n") && screen.trim_end().ends_with('$'));
        assert!(number > 0 || screen.contains("\nbefore\n"), "{way}: {screen}");
        assert!(screen.contains(" icanon ") && screen.contains(" echo "), "{way}: {screen}");
        assert_eq!(
            (pane.value("alternate_on"), pane.value("cursor_flag")),
            ("0".into(), "1".into()),
            "{way}"
        );
        pane.clear();
    }
}

#[tokio::test]
async fn a_stopped_dashboard_leaves_the_terminal_until_it_goes_on() {
    let shell = Shell::open().await;
    let top = format!("{} top --interval 500ms", env!("CARGO_BIN_EXE_fang"));
    // A script that runs it has to stop with it.
    for line in [top.clone(), format!("sh -c '{top}; true'")] {
        let pane = Pane::open(&shell, 100, 30);
        pane.types(&line);
        pane.press("Enter");
        pane.shows("1 Overview 2 Types");
        pane.press("2 C-z");
        pane.shows("Stopped");
        assert_eq!((pane.value("alternate_on"), pane.value("cursor_flag")), ("0".into(), "1".into()));
        pane.types("fg");
        pane.press("Enter");
        pane.shows("1 Overview 2 Types");
        pane.press("6");
        pane.shows("NEXT TICK");
        pane.press("q");
        pane.shows("$");
    }
}

#[tokio::test]
async fn a_stopped_table_leaves_the_terminal_until_it_goes_on() {
    let shell = Shell::open().await;
    let pane = Pane::open(&shell, 100, 30);
    pane.types(&format!("{} top --plain --interval 1h", env!("CARGO_BIN_EXE_fang")));
    pane.press("Enter");
    pane.shows("none");
    pane.press("C-z");
    pane.shows("Stopped");
    assert_eq!((pane.value("alternate_on"), pane.value("cursor_flag")), ("0".into(), "1".into()));
    pane.types("fg");
    pane.press("Enter");
    pane.until("the table", |screen| screen.starts_with("waiting 0"));
    pane.press("C-c");
    pane.shows("$");
    assert_eq!((pane.value("alternate_on"), pane.value("cursor_flag")), ("0".into(), "1".into()));
}

#[tokio::test]
async fn a_dashboard_that_no_shell_could_let_go_on_does_not_stop() {
    let shell = Shell::open().await;
    let pane = Pane::open(&shell, 100, 30);
    pane.types(&format!("exec {} top --interval 500ms", env!("CARGO_BIN_EXE_fang")));
    pane.press("Enter");
    pane.shows("1 Overview 2 Types");
    pane.press("C-z 6");
    pane.shows("NEXT TICK");
    pane.press("C-z 5");
    pane.shows("STATE");
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_and_looked_at_again() {
    let cluster = Cluster::create(Durability::Durable).unwrap();
    let shell = Shell { database: TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap() };
    shell.says(&["migrate"]);
    shell.says(&["types", "pause", "before"]);
    let pane = Pane::top(&shell, "");
    pane.shows("before");
    cluster.stop_immediate().unwrap();
    let screen = pane.shows("; trying again");
    assert!(screen.contains("before"), "what was seen stays: {screen}");
    pane.press("6");
    pane.shows("looking...");
    cluster.start().unwrap();
    pane.shows("NEXT TICK");
    pane.press("1");
    shell.says(&["types", "pause", "after"]);
    let screen = pane.shows("after");
    assert!(!screen.contains("trying again"), "{screen}");
    pane.press("q");
}

/// Waits until no statement with this text waits for a lock, for less time than such a statement may take.
async fn ends(shell: &Shell, text: &str) {
    let client = shell.database.client().await.unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'";
    let began = Instant::now();
    while client.query_one(waiting, &[&text]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(began.elapsed() < Duration::from_secs(15), "a look goes on");
    }
}

#[tokio::test]
async fn a_slow_server_delays_no_key() {
    let shell = Shell::open().await;
    let mail = shell.failed(&["Mail", "{}"]);
    let pane = Pane::top(&shell, "");
    pane.shows("failed 1");
    let client = shell.database.client().await.unwrap();
    client
        .batch_execute("BEGIN; LOCK TABLE fang_workers, fang_tasks IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    pane.shows("the database has not answered for ");
    pane.press("?");
    pane.shows("stop the dashboard until fg");
    pane.press("q 4");
    pane.shows("looking...");
    // The look that nobody waits for any more has ended at the server, too.
    ends(&shell, "FROM fang_workers").await;
    client.batch_execute("COMMIT").await.unwrap();
    pane.shows("cancelled");
    client.batch_execute("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    pane.press("r y 5");
    pane.shows("STATE");
    client.batch_execute("COMMIT").await.unwrap();
    pane.shows(&format!("retried {mail}"));
}

#[tokio::test]
async fn what_came_of_a_change_is_told_after_the_dashboard_is_left() {
    let shell = Shell::open().await;
    let client = shell.database.client().await.unwrap();
    for (is_answered, code) in [(true, 0), (false, 2)] {
        let id = shell.failed(&["Mail", "{}"]);
        let pane = Pane::open(&shell, 150, 30);
        pane.start("; echo ended $?");
        pane.press("4");
        pane.shows(&id);
        client.batch_execute("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
        pane.press("r y");
        pane.shows(&format!("retry the task {id}: asked; waiting for the database"));
        pane.press("q");
        pane.shows(&format!("waiting for the database: retry the task {id}"));
        if is_answered {
            client.batch_execute("COMMIT").await.unwrap();
            pane.shows(&format!("retried {id}"));
        } else {
            pane.shows(&format!("fang: it is not known whether this was done: retry the task {id}"));
            client.batch_execute("COMMIT").await.unwrap();
        }
        pane.shows(&format!("ended {code}"));
    }
}

#[tokio::test]
async fn without_colours_the_terminal_gets_none() {
    let shell = Shell::open().await;
    shell.says(&["types", "pause", "reports"]);
    let pane = Pane::open(&shell, 100, 30);
    for (variable, has_colours) in [("NO_COLOR=1", false), ("NO_COLOR=", true)] {
        pane.types(&format!("export {variable}"));
        pane.press("Enter");
        pane.start("; echo ended $?");
        pane.press("2");
        pane.shows("paused");
        assert_eq!(pane.styled().contains("[38;5;3m"), has_colours, "{}", pane.styled());
        pane.press("q");
        // Until it has ended, it reads the keys of the next line.
        pane.shows("ended 0");
        pane.clear();
    }
}

#[tokio::test]
async fn what_a_task_says_cannot_break_the_screen() {
    let shell = Shell::open().await;
    let kinds = [
        "plain",
        "a\u{1b}[2Jb",
        "gpj\u{202e}exe",
        "漢字漢字",
        "e\u{301}\u{302}x",
        "👨\u{200d}👩 👍\u{1f3fd}",
        "❤\u{fe0f}",
    ];
    for kind in kinds {
        shell.failed(&[kind, "{\"text\":\"\\u001b[2J\\u202e漢\"}"]);
    }
    let pane = Pane::top(&shell, "");
    pane.press("4");
    pane.shows_all(&["gpj\\u{202e}exe", "a\\u{1b}[2Jb", "漢字漢字", "e\u{301}x", "👨\\u{200d}👩 👍  "]);
    let screen = pane.shows("plain  ");
    // The terminal has cut no row at another place: the id at the end of each is whole.
    let rows = screen.lines().filter(|line| line.contains("cancelled"));
    assert_eq!(rows.filter(|line| line.split(' ').next_back().is_some_and(|id| id.len() == 36)).count(), 7);
    pane.press("Enter");
    pane.shows_all(&["1 Overview 2 Types", "Payload", "\\u{202e}漢", "Esc back"]);
}

#[tokio::test]
async fn a_database_without_tables_is_the_failure_of_the_command() {
    let shell = Shell { database: TestDatabase::create().await.unwrap() };
    let pane = Pane::open(&shell, 200, 30);
    pane.types(&format!("{} top; echo ended $?", env!("CARGO_BIN_EXE_fang")));
    pane.press("Enter");
    let screen = pane.shows("ended 2");
    assert!(
        screen.contains("fang: the tables of fang are missing") && screen.contains("fang migrate"),
        "{screen}"
    );
}
