//! Bad input: one line that says what to do, exit code 2, and nothing is changed.

use crate::shell::{Shell, bare, reason};
use fang_test_support::{PgBouncer, TestDatabase};

#[tokio::test]
async fn arguments_that_are_not_valid_are_refused_in_one_line() {
    let shell = Shell::open().await;
    for (arguments, advice) in [
        (&["tasks", "--state", "broken"][..], "possible values: new, retried, in_progress, failed, finished"),
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
        (&["retry"], "<ID>"),
        (&["retry", "--kind", "Mail"], "--failed"),
        (&["reschedule", "00000000-0000-0000-0000-000000000001"], "--delay"),
        (&["types", "pause", ""], "value is required"),
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
    let away = refused(&["status", "--database-url", "postgres://ada:hunter2@127.0.0.1:1/app"]);
    assert!(away.contains("check that it runs") && !away.contains("hunter2"), "{away}");
    let tls = refused(&["status", "--database-url", "postgres://ada@127.0.0.1/app?sslrootcert=/no/such.pem"]);
    assert!(tls.contains("sslrootcert") && tls.contains("cannot be read"), "{tls}");
    let empty = Shell { database: TestDatabase::create().await.unwrap() };
    for arguments in [&["status"][..], &["tasks"], &["insert", "Mail", "{}"], &["types", "pause", "mail"]] {
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
    for arguments in [["remove", &id], ["cancel", &id], ["types", "pause"]] {
        let arguments = [&arguments[..], if arguments[1] == "pause" { &["mail"] } else { &[] }].concat();
        let text = reason(&bare(&arguments).env("DATABASE_URL", &uri).output().unwrap());
        assert!(text.contains("grant it"), "{arguments:?}: {text}");
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
