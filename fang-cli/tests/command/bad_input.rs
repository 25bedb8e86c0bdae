//! Bad input: one line that says what to do, exit code 2, and nothing is changed.

use crate::shell::{Shell, bare, reason};
use fang_test_support::{PgBouncer, TestDatabase};

#[tokio::test]
async fn arguments_that_are_not_valid_are_refused_in_one_line() {
    let shell = Shell::open().await;
    for (arguments, advice) in [
        (&["tasks", "--state", "broken"][..], "possible values: waiting, running, failed, finished"),
        (&["tasks", "--limit", "0"], "1..=1000"),
        (&["tasks", "--age", "1h"], "unexpected argument"),
        (&["show", "7"], "invalid value '7' for '<ID>'"),
        (&["show", "00000000-0000-0000-0000-000000000001"], "`fang tasks`"),
        (&["insert", "Mail", "{"], "the payload is not JSON"),
        (&["insert", "Mail", "[1]"], "Mail"),
        (&["insert", "", "{}"], "kind"),
        (&["insert", "Mail", "{}", "--delay", "soon"], "such as 90s"),
        (&["insert", "Mail", "{}", "--delay", "1s", "--at", "2099-01-01T00:00:00Z"], "cannot be used with"),
        (&["insert", "Mail", "{}", "--task-type", ""], "task type"),
        (&["tasks", "--older-than", "old"], "such as 90s"),
        (&["tasks", "--payload", "user"], "such as user.id=7"),
        (&["tasks", "--payload-json", "{"], "not JSON"),
        (&["tasks", "--after", "7"], "begin with the first page"),
        (&["remove", "--error", "", "--yes"], "value is required"),
        (&["retry", "--kind", "", "--yes"], "value is required"),
        (&["retry"], "<ID>"),
        (&["remove", "--yes"], "<ID>"),
        (&["retry", "--kind", "Mail", "00000000-0000-0000-0000-000000000001"], "not both"),
        (&["cancel", "--state", "failed", "--yes"], "only a task that waits or runs can be cancelled"),
        (&["priority", "--state", "running", "--to", "low"], "only a task that waits can get"),
        (&["reschedule", "00000000-0000-0000-0000-000000000001"], "--delay"),
        (&["types", "pause", ""], "value is required"),
        (&["workers", "stop", "0"], "`fang workers` lists them"),
        (&["workers", "quiet", "x"], "invalid value"),
        (&["top", "--interval", "1ms"], "500ms or more"),
        (&["running", "--after", "x"], "invalid value"),
    ] {
        let text = shell.refuses(arguments);
        assert!(text.contains(advice), "{arguments:?}: {text}");
    }
    assert_eq!(shell.says(&["tasks"]), "none\n");
}

#[tokio::test]
async fn a_database_that_is_not_named_away_or_without_tables_says_what_to_do() {
    let refused = |arguments: &[&str]| reason(&bare(arguments).output().unwrap());
    assert!(refused(&["status"]).contains("set DATABASE_URL"));
    assert!(refused(&["status", "--database-url", "nonsense"]).contains("postgres://"));
    for command in [&["bench"][..], &["top"], &["retry", "--failed", "--yes"], &["migrate", "--sql"]] {
        let away = refused(&[command, &["--database-url", "postgres://ada@127.0.0.1:1/app"]].concat());
        assert!(away.contains("check that it runs"), "{command:?}: {away}");
    }
    let away = refused(&["status", "--database-url", "postgres://ada:hunter2@127.0.0.1:1/app"]);
    assert!(away.contains("check that it runs") && !away.contains("hunter2"), "{away}");
    let tls = refused(&["status", "--database-url", "postgres://ada@127.0.0.1/app?sslrootcert=/no/such.pem"]);
    assert!(tls.contains("sslrootcert") && tls.contains("cannot be read"), "{tls}");
    let empty = Shell { database: TestDatabase::create().await.unwrap() };
    for arguments in [
        &["status"][..],
        &["tasks"],
        &["insert", "Mail", "{}"],
        &["types", "pause", "mail"],
        &["types"],
        &["workers"],
        &["running"],
        &["errors"],
        &["top", "--once"],
        &["retry", "--failed", "--yes"],
        &["crons", "add", "nightly", "0 3 * * *", "Report", "{}"],
    ] {
        let text = empty.refuses(arguments);
        assert!(text.contains("run `fang migrate`"), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn a_user_without_rights_is_told_to_get_them() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", "{}"]);
    let client = shell.database.client().await.unwrap();
    let role = format!("{}_reader", shell.database.name());
    let grant = format!("CREATE ROLE {role}; GRANT SELECT ON fang_tasks TO {role}");
    client.batch_execute(&grant).await.unwrap();
    let before = if shell.database.uri().contains('?') { '&' } else { '?' };
    let uri = format!("{}{before}options=-c%20role%3D{role}", shell.database.uri());
    for arguments in [
        &["remove", &id][..],
        &["cancel", &id],
        &["cancel", "--kind", "Mail", "--yes"],
        &["remove", "--kind", "Mail", "--yes"],
        &["types", "pause", "mail"],
        &["workers", "stop", "1"],
        &["crons", "add", "nightly", "0 3 * * *", "Report", "{}"],
        &["bench", "--tasks", "1"],
    ] {
        let text = reason(&bare(arguments).env("DATABASE_URL", &uri).output().unwrap());
        assert!(text.contains("grant it") && !text.contains("to go on"), "{arguments:?}: {text}");
    }
    assert_eq!(shell.state(&id), "new");
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_pooler_is_told_and_the_option_gets_through_it() {
    let shell = Shell::open().await;
    let bouncer = PgBouncer::start(shell.database.uri(), 2).await.unwrap();
    let text = shell.refuses(&["tasks", "--database-url", bouncer.uri()]);
    assert!(text.contains("add --pgbouncer"), "{text}");
    assert_eq!(shell.says(&["tasks", "--database-url", bouncer.uri(), "--pgbouncer"]), "none\n");
}
