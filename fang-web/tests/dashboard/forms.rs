//! The forms that insert a task and edit a cron.

use crate::browser::{Answer, BEARER, get, post, post_with};
use crate::fleet::{Fleet, mail};
use fang::{AsyncQueueable, Cron, NewTask, Priority};
use fang_web::Dashboard;
use serde_json::json;

/// What a browser would send, with one field changed.
fn changed<'a>(form: &[(&'a str, &'a str)], field: (&'a str, &'a str)) -> Vec<(&'a str, &'a str)> {
    let others = form.iter().filter(|(name, _)| *name != field.0);
    others.copied().chain([field]).collect()
}

const TASK: [(&str, &str); 7] = [
    ("kind", " Welcome "),
    ("task_type", "mail"),
    ("mode", "blocking"),
    ("priority", "high"),
    ("delay", "2h"),
    ("tags", "vip, eu,, "),
    ("payload", "{\"order\": 123456789012345678901234567890}"),
];

async fn tasks(fleet: &Fleet) -> usize {
    fleet.admin.list(&fang::Filter::default()).await.unwrap().len()
}

#[tokio::test]
async fn a_task_of_any_kind_is_inserted_and_its_page_follows() {
    for fleet in Fleet::both().await {
        let answer = post(&fleet.routes, "/insert", &TASK).await;
        let to = answer.sent_to().to_owned();
        let id = to.strip_prefix("/tasks/").and_then(|rest| rest.strip_suffix("?told=inserted")).unwrap();
        let task = fleet.admin.find(id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(
            (task.kind(), task.task_type.as_str(), task.priority),
            (Some("Welcome"), "mail", Priority::High)
        );
        assert_eq!((task.mode, task.tags), (fang::Mode::Blocking, vec!["vip".to_owned(), "eu".to_owned()]));
        assert!(task.scheduled_at - task.created_at > chrono::TimeDelta::minutes(119));
        let page = get(&fleet.routes, &to).await.page();
        assert!(
            page.contains("The task was inserted.") && page.contains("123456789012345678901234567890"),
            "{page}"
        );
        assert!(get(&fleet.routes, "/log").await.page().contains("insert task"));
    }
}

#[tokio::test]
async fn what_cannot_be_inserted_is_told_beside_its_field_and_nothing_is_inserted() {
    for fleet in Fleet::both().await {
        let (long, nul) = ("x".repeat(256), "a\0b");
        let wrong: [(&str, &str, &str); 14] = [
            ("kind", "", "name the function"),
            ("kind", nul, "name the function"),
            ("payload", "{", "not JSON"),
            ("payload", "[1]", "not a JSON object"),
            ("payload", "{\"type\": \"Other\"}", "twice"),
            ("payload", "{\"a\": 1, \"a\": 2}", "twice"),
            ("payload", "{\"a\": \"\\u0000\"}", "NUL"),
            ("task_type", &long, "256 bytes"),
            ("task_type", nul, "NUL"),
            ("tags", &long, "256 bytes"),
            ("tags", nul, "NUL"),
            ("delay", "soon", "such as 90s"),
            ("mode", "both", "no such mode"),
            ("priority", "soon", "no such priority"),
        ];
        for (field, value, told) in wrong {
            let answer = post(&fleet.routes, "/insert", &changed(&TASK, (field, value))).await;
            let (_, error) = answer
                .body
                .split_once(&format!("id=\"wrong-{field}\">"))
                .unwrap_or_else(|| panic!("{field}"));
            let error = error.split_once("</p>").unwrap().0;
            assert!(answer.status == 400 && error.contains(told), "{field} {value:?}: {error}");
            assert!(field == "kind" || answer.body.contains("value=\" Welcome \""), "what was written stays");
        }
        assert_eq!(tasks(&fleet).await, 0);
    }
}

#[tokio::test]
async fn the_rules_of_the_application_hold_for_the_form() {
    let queue = fang::MemoryQueue::new().before_insert(|task: NewTask| match task.kind().as_deref() {
        Some("Welcome") => Ok(task.tags(["checked"])),
        _ => Err(fang::FangError::new("no <b>such</b> tenant")),
    });
    let fleet = Fleet::over(&queue, None);
    let refused = post(&fleet.routes, "/insert", &changed(&TASK, ("kind", "Other"))).await;
    assert!(
        refused.status == 400 && refused.body.contains("no &lt;b&gt;such&lt;/b&gt; tenant"),
        "{}",
        refused.body
    );
    post(&fleet.routes, "/insert", &TASK).await.sent_to();
    let all = fleet.admin.list(&fang::Filter::default()).await.unwrap();
    assert!(all.len() == 1 && all[0].tags.contains(&"checked".to_owned()));
}

#[tokio::test]
async fn a_task_that_ended_before_its_page_was_asked_for_is_no_error() {
    let fleet = Fleet::in_memory();
    let to = post(&fleet.routes, "/insert", &TASK).await.sent_to().to_owned();
    let id = to.split('/').nth(2).unwrap().split('?').next().unwrap();
    fleet.admin.remove(&fang::store::Removal::Id(id.parse().unwrap())).await.unwrap();
    assert!(get(&fleet.routes, &to).await.page().contains("ended already"));
    assert_eq!(get(&fleet.routes, &format!("/tasks/{id}")).await.status, 404);
}

const CRON: [(&str, &str); 5] = [
    ("name", "Report/hand:nightly"),
    ("pattern", "*/5 * * * *"),
    ("time_zone", "Europe/Berlin"),
    ("missed", "3"),
    ("payload", "{\"month\": 123456789012345678901234567890}"),
];

#[tokio::test]
async fn a_cron_by_hand_is_edited_and_keeps_what_the_form_does_not_have() {
    for fleet in Fleet::both().await {
        let name = fleet.cron().await;
        let page = get(&fleet.routes, "/crons/edit?name=Report%2Fhand%3Anightly").await.page();
        for text in ["value=\"0 3 * * *\"", "value=\"UTC\"", "value=\"coalesce\"", "9007199254740993"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        assert_eq!(post(&fleet.routes, "/crons/edit", &CRON).await.sent_to(), "/crons?told=edited");
        let cron = fleet.admin.list_crons().await.unwrap().remove(0);
        assert_eq!(
            (&cron.name, cron.task_type.as_str(), cron.cron.pattern.as_str()),
            (&name, "mail", "*/5 * * * *")
        );
        assert_eq!(
            (cron.cron.time_zone.as_str(), cron.cron.missed),
            ("Europe/Berlin", fang::Missed::CatchUp(3))
        );
        assert!(cron.payload.expose().contains("123456789012345678901234567890"));
        let kept = changed(&CRON, ("payload", ""));
        post(&fleet.routes, "/crons/edit", &changed(&kept, ("missed", "skip"))).await.sent_to();
        let cron = fleet.admin.list_crons().await.unwrap().remove(0);
        assert!(
            cron.cron.missed == fang::Missed::Skip
                && cron.payload.expose().contains("123456789012345678901234567890")
        );
        assert!(get(&fleet.routes, "/log").await.page().contains("edit cron"));
    }
}

/// Lets so many minutes pass for the crons and their tasks.
async fn minutes_pass(fleet: &Fleet, minutes: u32) {
    let client = fleet.database.as_ref().unwrap().client().await.unwrap();
    let ago = format!("- interval '{minutes} min'");
    let sql = format!(
        "UPDATE fang_crons SET created_at = created_at {ago}, ticked_at = ticked_at {ago}, last_tick = last_tick {ago};
         UPDATE fang_tasks SET scheduled_at = scheduled_at {ago}"
    );
    client.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn an_edited_cron_counts_on_and_loses_no_tick_that_is_due() {
    let fleet = Fleet::in_postgres().await;
    let name = fleet.admin.set_cron("often", Cron::new("@every 1h"), mail("Report")).await.unwrap();
    let edit = async |pattern: &str| {
        let form = [("name", name.as_str()), ("pattern", pattern)];
        post(&fleet.routes, "/crons/edit", &form).await.sent_to();
        let cron = fleet.admin.list_crons().await.unwrap().remove(0);
        (cron.next_tick - fleet.admin.now().await.unwrap()).num_seconds() as f64 / 60.0
    };
    let is_about = |minutes: f64, expected: f64| assert!((minutes - expected).abs() < 1.0, "{minutes}");
    minutes_pass(&fleet, 20).await;
    is_about(edit("@every 50m").await, 30.0);
    assert_eq!(tasks(&fleet).await, 1, "the tick that waits is replaced");
    minutes_pass(&fleet, 40).await;
    is_about(edit("@every 1h").await, 50.0);
    assert_eq!(tasks(&fleet).await, 2, "the tick that is due runs");
}

/// What the form says that it was filled with.
fn seen(page: &str) -> &str {
    page.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap()
}

#[tokio::test]
async fn a_cron_that_another_viewer_has_changed_meanwhile_is_replaced_only_if_the_viewer_says_so_again() {
    for fleet in Fleet::both().await {
        fleet.cron().await;
        let page = get(&fleet.routes, "/crons/edit?name=Report%2Fhand%3Anightly").await.page();
        let theirs = changed(&CRON, ("pattern", "0 4 * * *"));
        post(&fleet.routes, "/crons/edit", &theirs).await.sent_to();
        let answer = post(&fleet.routes, "/crons/edit", &changed(&CRON, ("seen", seen(&page)))).await;
        assert!(answer.status == 400 && answer.body.contains("another viewer"), "{}", answer.body);
        assert_eq!(fleet.admin.list_crons().await.unwrap()[0].cron.pattern, "0 4 * * *");
        let again = changed(&CRON, ("seen", seen(&answer.body)));
        assert_eq!(post(&fleet.routes, "/crons/edit", &again).await.sent_to(), "/crons?told=edited");
    }
}

#[tokio::test]
async fn a_cron_that_cannot_be_saved_so_stays_as_it_is() {
    for fleet in Fleet::both().await {
        fleet.cron().await;
        let before = fleet.admin.list_crons().await.unwrap();
        for (field, value) in [
            ("pattern", ""),
            ("pattern", "often"),
            ("pattern", "@every 1ms"),
            ("pattern", "0 0 30 2 *"),
            ("time_zone", "Mars"),
            ("missed", "-1"),
            ("payload", "{"),
            ("payload", "[]"),
            ("payload", "{\"type\": \"Other\"}"),
        ] {
            let answer = post(&fleet.routes, "/crons/edit", &changed(&CRON, (field, value))).await;
            assert!(
                answer.status == 400 && answer.body.contains(&format!("id=\"wrong-{field}\"")),
                "{field} {value}: {}",
                answer.body
            );
        }
        assert_eq!(fleet.admin.list_crons().await.unwrap(), before);
    }
}

#[fang::task(cron = "0 4 * * *")]
async fn tidy() {}

#[tokio::test]
async fn the_cron_of_a_program_is_shown_as_such_and_cannot_be_edited() {
    let queue = fang::MemoryQueue::new();
    let fleet = Fleet::over(&queue, None);
    queue.schedule(tidy()).await.unwrap();
    let name = fleet.admin.list_crons().await.unwrap()[0].name.clone();
    let page = get(&fleet.routes, "/crons").await.page();
    assert!(page.contains("of a program") && !page.contains("Edit…"), "{page}");
    let query = crate::browser::encoded(&[("name", &name)]);
    let form = changed(&CRON, ("name", &name));
    for answer in [
        get(&fleet.routes, &format!("/crons/edit?{query}")).await,
        post(&fleet.routes, "/crons/edit", &form).await,
    ] {
        assert!(answer.status == 409 && answer.body.contains("change it in its code"), "{}", answer.body);
    }
    assert_eq!(post(&fleet.routes, "/crons/edit", &changed(&CRON, ("name", "none"))).await.status, 404);
    assert_eq!(fleet.admin.list_crons().await.unwrap()[0].cron.pattern, "0 4 * * *");
}

#[tokio::test]
async fn a_payload_that_is_redacted_is_not_in_the_form_and_stays() {
    let fleet = Fleet::in_memory();
    fleet.cron().await;
    let routes = fleet.with(|dashboard| dashboard.redact(|_, payload| payload["user"] = "***".into()));
    let page = get(&routes, "/crons/edit?name=Report%2Fhand%3Anightly").await.page();
    assert!(!page.contains("9007199254740993") && page.contains("stays as it is"), "{page}");
    post(&routes, "/crons/edit", &changed(&CRON, ("payload", ""))).await.sent_to();
    assert!(fleet.admin.list_crons().await.unwrap()[0].payload.expose().contains("9007199254740993"));
}

/// The answers to requests for both forms, with these headers.
async fn all(routes: &axum::Router, headers: &[(&str, &str)]) -> [Answer; 2] {
    [
        post_with(routes, "/insert", &TASK, headers).await,
        post_with(routes, "/crons/edit", &CRON, headers).await,
    ]
}

/// A cron to add.
const NEW_CRON: [(&str, &str); 5] = [
    ("name", "weekly"),
    ("pattern", "0 9 * * 1"),
    ("kind", "Digest"),
    ("task_type", "mails"),
    ("payload", "{}"),
];

#[tokio::test]
async fn what_was_written_stays_when_the_store_refuses_it() {
    let fleet = Fleet::in_postgres().await;
    let id = fleet.insert(mail("Welcome")).await.to_string();
    fleet.cron().await;
    let client = fleet.database.as_ref().unwrap().client().await.unwrap();
    client
        .batch_execute("ALTER TABLE fang_tasks RENAME TO away; ALTER TABLE fang_crons RENAME TO gone")
        .await
        .unwrap();
    let later = [("do", "reschedule"), ("scope", "selected"), ("id", id.as_str()), ("delay", "17m")];
    for (path, form, written) in [
        ("/insert", &TASK[..], "123456789012345678901234567890"),
        ("/crons/add", &NEW_CRON, "value=\"0 9 * * 1\""),
        ("/crons/edit", &CRON, "123456789012345678901234567890"),
    ] {
        let answer = post(&fleet.routes, path, form).await;
        assert!(answer.status == 503 && answer.body.contains(written), "{path}: {}", answer.body);
        assert!(answer.body.contains("role=\"alert\""), "{path}: {}", answer.body);
    }
    for (field, status) in [(("delay", "soon"), 400), (("at", "2027-01-31T09:00:00Z"), 400)] {
        let answer = post(&fleet.routes, "/change", &changed(&[&later[..], &[field]].concat(), field)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let written = format!("name=\"{}\" value=\"{}\"", field.0, field.1);
        assert!(answer.body.contains(&written) && answer.body.contains(&id), "{}", answer.body);
    }
}

#[tokio::test]
async fn what_was_written_stays_when_a_form_is_too_large() {
    for fleet in Fleet::both().await {
        fleet.cron().await;
        let large = format!("{{\"text\": \"{}\"}}", "x".repeat(300 * 1024));
        for (path, form) in [("/insert", &TASK[..]), ("/crons/add", &NEW_CRON), ("/crons/edit", &CRON)] {
            let answer = post(&fleet.routes, path, &changed(form, ("payload", &large))).await;
            assert!(answer.status == 413 && answer.body.contains("too large"), "{path}");
            assert!(answer.body.contains(&"x".repeat(300 * 1024)), "{path}");
        }
        assert_eq!(tasks(&fleet).await, 1, "only that of the cron");
    }
}

#[tokio::test]
async fn other_sites_and_viewers_who_may_only_look_use_no_form() {
    let fleet = Fleet::in_memory();
    fleet.cron().await;
    let before = (tasks(&fleet).await, fleet.admin.list_crons().await.unwrap());
    let login = [("token", crate::browser::TOKEN)];
    let answer = post_with(&fleet.routes, "/login", &login, &[("sec-fetch-site", "same-origin")]).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let cookie = ("cookie", cookie.as_str());
    for headers in [
        &[cookie, ("sec-fetch-site", "cross-site")][..],
        &[cookie, ("origin", "http://evil.example")],
        &[cookie],
    ] {
        for answer in all(&fleet.routes, headers).await {
            assert_eq!(answer.status, 403, "{headers:?}");
        }
    }
    for answer in all(&fleet.routes, &[("sec-fetch-site", "same-origin")]).await {
        assert_eq!(answer.status, 401);
    }
    let routes = fleet.with(Dashboard::read_only);
    for answer in all(&routes, &[BEARER]).await {
        assert_eq!(answer.status, 403);
    }
    for path in ["/insert", "/crons/edit?name=Report%2Fhand%3Anightly"] {
        assert_eq!(get(&routes, path).await.status, 403, "{path}");
    }
    for path in ["/tasks", "/crons"] {
        let page = get(&routes, path).await.page();
        assert!(!page.contains("/insert") && !page.contains("/crons/edit"), "{page}");
    }
    assert_eq!((tasks(&fleet).await, fleet.admin.list_crons().await.unwrap()), before);
}

#[tokio::test]
async fn no_text_in_a_form_becomes_a_part_of_the_page() {
    const HTML: &str = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    for fleet in Fleet::both().await {
        let kind = NewTask::of_kind(HTML, json!({ "a": HTML })).task_type(HTML);
        let name = fleet.admin.set_cron("odd", Cron::new("0 3 * * *"), kind).await.unwrap();
        fleet.insert(mail(HTML)).await;
        let query =
            crate::browser::encoded(&[("name", &name), ("kind", HTML), ("payload", HTML), ("tags", HTML)]);
        for path in [
            format!("/crons/edit?{query}"),
            format!("/insert?{query}"),
            "/kinds".to_owned(),
            "/tasks".to_owned(),
        ] {
            let page = get(&fleet.routes, &path).await.page();
            assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
        }
        for field in ["kind", "task_type", "mode", "priority", "delay", "tags", "payload"] {
            let form = changed(&changed(&TASK, ("payload", "{")), (field, HTML));
            let page = post(&fleet.routes, "/insert", &form).await.body;
            assert!(!page.contains("<script>") && !page.contains("<img"), "{field}: {page}");
        }
        for field in ["pattern", "time_zone", "missed", "payload"] {
            let form = changed(&changed(&CRON, ("name", &name)), (field, HTML));
            let page = post(&fleet.routes, "/crons/edit", &form).await.body;
            assert!(!page.contains("<script>") && !page.contains("<img"), "{field}: {page}");
        }
        for field in ["name", "pattern", "kind", "time_zone", "missed", "task_type", "payload"] {
            let form = changed(&changed(&NEW_CRON, ("payload", "{")), (field, HTML));
            let page = post(&fleet.routes, "/crons/add", &form).await.body;
            assert!(!page.contains("<script>") && !page.contains("<img"), "{field}: {page}");
        }
        for field in ["delay", "at", "as_of", "kind"] {
            let form = [("do", "reschedule"), ("scope", "all"), ("state", "waiting"), (field, HTML)];
            let page = post(&fleet.routes, "/change", &form).await.body;
            assert!(!page.contains("<script>") && !page.contains("<img"), "{field}: {page}");
        }
    }
}
