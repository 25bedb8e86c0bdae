//! What an attacker tries. Nothing is let through, and nothing goes down.

use crate::browser::{BEARER, encoded, get, get_with, post, post_with, request, send};
use crate::fleet::Fleet;
use crate::live::Stream;
use axum::body::Body;
use fang::NewTask;
use serde_json::json;

/// Pages, and an action, for requests that should get nothing.
async fn is_closed_to(fleet: &Fleet, headers: &[(&str, &str)]) {
    let id = fleet.failed("Bill").await;
    for path in [
        "/",
        "/tasks",
        &format!("/tasks/{id}"),
        "/live?page=overview",
        "/doctor",
        "/nothing",
        "/change?do=retry&scope=all",
    ] {
        let answer = get_with(&fleet.routes, path, headers).await;
        assert!(matches!(answer.status.as_u16(), 401 | 403 | 421), "{path}: {}", answer.status);
        assert!(!answer.body.contains("Bill"), "{path}: {}", answer.body);
    }
    let form = [("do", "remove"), ("scope", "one"), ("id", &id.to_string())];
    let answer = post_with(&fleet.routes, "/change", &form, headers).await;
    assert!(matches!(answer.status.as_u16(), 401 | 403 | 421), "{}", answer.status);
    assert_eq!(fleet.state(id).await, "failed", "{headers:?}");
}

#[tokio::test]
async fn without_the_token_there_is_nothing() {
    let fleet = Fleet::in_memory();
    for header in [
        ("accept", "*/*"),
        ("authorization", "Bearer "),
        ("authorization", "Bearer a secret of the test"),
        ("authorization", "Basic YTpiCg=="),
        ("cookie", "fang_web=9999999999..00"),
        ("cookie", "fang_web=a secret of the tests"),
        ("x-forwarded-for", "127.0.0.1"),
    ] {
        is_closed_to(&fleet, &[header]).await;
        is_closed_to(&fleet, &[header, ("sec-fetch-site", "same-origin")]).await;
    }
}

#[tokio::test]
async fn a_name_that_was_made_to_resolve_here_gets_nothing() {
    let fleet = Fleet::in_memory();
    for host in [
        "evil.example",
        "evil.example:9188",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[::1].evil",
    ] {
        is_closed_to(&fleet, &[BEARER, ("host", host)]).await;
    }
    is_closed_to(&fleet, &[BEARER, ("host", "localhost"), ("host", "evil.example")]).await;
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:9188", "[::1]:9188", "[::1]"] {
        get_with(&fleet.routes, "/", &[BEARER, ("host", host)]).await.page();
    }
    let routes = fleet.with(|dashboard| dashboard.hosts(["Jobs.example.com:8443"]));
    get_with(&routes, "/", &[BEARER, ("host", "jobs.example.com:443")]).await.page();
}

#[tokio::test]
async fn another_site_cannot_act_through_the_browser_of_an_operator() {
    let fleet = Fleet::in_memory();
    let login = [("token", crate::browser::TOKEN)];
    let answer = post_with(&fleet.routes, "/login", &login, &[("sec-fetch-site", "same-origin")]).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let mut pauses = 0;
    let mut acts = async |headers: &[(&str, &str)], is_let_through: bool| {
        let name = format!("type {pauses}");
        pauses += 1;
        let all = [headers, &[("cookie", cookie.as_str())]].concat();
        let form = [("do", "pause"), ("task_type", name.as_str())];
        let answer = post_with(&fleet.routes, "/types", &form, &all).await;
        assert_eq!(answer.status, if is_let_through { 303 } else { 403 }, "{headers:?}");
        let paused = fleet.admin.paused_types().await.unwrap();
        assert_eq!(paused.iter().any(|of| of.task_type == name), is_let_through, "{headers:?}");
    };
    let own = ("origin", "http://localhost:9188");
    acts(&[("sec-fetch-site", "same-origin")], true).await;
    acts(&[own], true).await;
    for site in ["cross-site", "same-site", "none", ""] {
        acts(&[("sec-fetch-site", site), own], false).await;
    }
    for origin in [
        "http://evil.example",
        "null",
        "http://localhost:1",
        "http://localhost:9188.evil.example",
        "localhost:9188",
    ] {
        acts(&[("origin", origin)], false).await;
    }
    acts(&[], false).await;
    // Neither does a login of the attacker's choice.
    let forced = post_with(&fleet.routes, "/login", &login, &[("sec-fetch-site", "cross-site")]).await;
    assert!(forced.status == 403 && forced.header("set-cookie").is_empty());
}

#[tokio::test]
async fn every_answer_forbids_scripts_frames_and_caches() {
    let fleet = Fleet::in_memory();
    for path in ["/", "/nothing", "/tasks/x", "/style.css", "/live?page=types"] {
        let request = request("GET", path, &[BEARER]).body(Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(fleet.routes.clone(), request).await.unwrap();
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'; base-uri 'none'"), "{policy}");
        assert_eq!((header("x-content-type-options"), header("x-frame-options")), ("nosniff", "DENY"));
        let is_kept = !["no-store", "no-cache"].contains(&header("cache-control"));
        assert_eq!(is_kept, path == "/style.css", "{path}");
    }
}

/// The question names the tasks that the button changes, whatever else the address has.
#[tokio::test]
async fn a_link_cannot_make_the_button_change_more_than_the_question_tells() {
    let fleet = Fleet::in_memory();
    let id = fleet.insert(NewTask::of_kind("mail", json!({}))).await;
    fleet.insert(NewTask::of_kind("mail", json!({}))).await;
    let page = get(&fleet.routes, &format!("/change?do=remove&scope=all&scope=&id={id}")).await.page();
    assert!(page.contains("1 task would be removed") && page.contains(&format!("value=\"{id}\"")), "{page}");
    assert!(!page.contains("name=\"scope\""), "{page}");
}

#[tokio::test]
async fn a_path_with_very_many_parts_is_refused() {
    let fleet = Fleet::in_memory();
    let path = format!("/tasks?payload=a{}%3D1", ".a".repeat(7_000));
    let request = request("GET", &path, &[BEARER]).body(Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(fleet.routes.clone(), request).await.unwrap();
    assert_eq!(answer.status(), 400);
}

const HTML: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// The page without the values of its fields.
fn without_values(page: &str) -> String {
    let mut parts = page.split("value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[tokio::test]
async fn no_text_of_a_task_becomes_a_part_of_the_page() {
    let text = format!("{HTML}\u{202e}gpj\u{7}");
    for fleet in Fleet::both().await {
        let task = NewTask::of_kind(&text, json!({ &text: &text }))
            .task_type(&text)
            .tags([&text])
            .header("h", &text);
        let id = fleet.insert(task).await;
        fleet.admin.pause(&text).await.unwrap();
        fleet
            .admin
            .set_cron(
                "odd",
                fang::Cron::new("0 3 * * *"),
                NewTask::of_kind(&text, json!({})).task_type(&text),
            )
            .await
            .unwrap();
        let query = encoded(&[("kind", &text), ("error", &text), ("told", &text), ("type", &text)]);
        let paths = [
            "/".to_owned(),
            format!("/?{query}"),
            "/tasks".to_owned(),
            format!("/tasks?{query}"),
            format!("/tasks/{id}"),
            "/types".to_owned(),
            "/crons".to_owned(),
            format!("/change?do=cancel&scope=all&{query}"),
        ];
        for path in paths {
            let page = get(&fleet.routes, &path).await.page();
            assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
            // What a field of a form holds is sent back as it is.
            assert!(!without_values(&page).contains('\u{202e}'), "{path}: {page}");
        }
        fleet.admin.cancel(id).await.unwrap();
        assert!(!get(&fleet.routes, "/errors").await.page().contains("<script>"));
    }
}

#[tokio::test]
async fn odd_paths_lead_nowhere() {
    let fleet = Fleet::in_memory();
    for path in [
        "//evil.example/",
        "/../etc/passwd",
        "/tasks/../../x",
        "/%2e%2e/x",
        "/tasks/%00",
        "/tasks//",
        "/style.css/",
        "/changes/-1",
        "/x//",
    ] {
        let answer = get(&fleet.routes, path).await;
        let is_harmless = answer.status == 404 || answer.status == 400 || answer.status == 303;
        assert!(is_harmless, "{path}: {}", answer.status);
        assert!(
            !answer.header("location").contains("//") && !answer.header("location").contains("evil"),
            "{path}"
        );
    }
    let to = [("token", crate::browser::TOKEN), ("to", "//evil.example")];
    assert_eq!(
        post_with(&fleet.routes, "/login", &to, &[("sec-fetch-site", "same-origin")]).await.sent_to(),
        "/"
    );
}

#[tokio::test]
async fn requests_that_are_too_large_are_refused() {
    let fleet = Fleet::in_memory();
    let large = "x".repeat(10 * 1024 * 1024);
    let form = [("do", "cancel"), ("scope", "all"), ("kind", large.as_str())];
    assert_eq!(post(&fleet.routes, "/change", &form).await.status, 413);
    // The type for addresses takes no more than this.
    let long = "x".repeat(60_000);
    assert_eq!(get(&fleet.routes, &format!("/tasks?kind={long}")).await.status, 414);
    let nested = encoded(&[("payload_json", &"[".repeat(5_000))]);
    assert_eq!(get(&fleet.routes, &format!("/tasks?{nested}")).await.status, 400);
    let fields = "a=b&".repeat(3_000);
    get(&fleet.routes, &format!("/tasks?{fields}")).await.page();
}

#[tokio::test]
async fn sql_in_a_field_is_a_text() {
    let fleet = Fleet::in_postgres().await;
    let id = fleet.failed("Bill").await;
    let sql = "'; DROP TABLE fang_tasks; --";
    for name in [
        "kind",
        "task_type",
        "tag",
        "error",
        "payload",
        "payload_json",
        "state",
        "older_than",
        "newer_than",
        "after",
        "id",
    ] {
        let value = match name {
            "payload" => format!("a={sql}"),
            "payload_json" => json!({ sql: sql }).to_string(),
            _ => sql.to_owned(),
        };
        for path in ["/tasks", "/change"] {
            let query = encoded(&[("do", "retry"), ("scope", "all"), (name, &value)]);
            let status = get(&fleet.routes, &format!("{path}?{query}")).await.status;
            assert!(status == 200 || status == 400, "{path} {name}: {status}");
        }
    }
    for form in [[("do", "pause"), ("task_type", sql)], [("do", "resume"), ("task_type", sql)]] {
        post(&fleet.routes, "/types", &form).await.sent_to();
    }
    post(&fleet.routes, "/crons", &[("do", "pause"), ("name", sql)]).await.sent_to();
    for nul in ["/tasks?kind=%00", "/tasks?payload=a%3D%22%5Cu0000%22"] {
        assert_eq!(get(&fleet.routes, nul).await.status, 400, "{nul}");
    }
    assert_eq!(fleet.state(id).await, "failed");
}

#[tokio::test]
async fn five_hundred_streams_leave_the_pages_as_they_are() {
    let fleet = Fleet::in_memory();
    let mut streams = Vec::new();
    for _ in 0..500 {
        streams.push(Stream::open(&fleet.routes, "/live?page=overview").await);
    }
    assert_eq!(streams.iter().filter(|stream| stream.is_ok()).count(), 200);
    assert!(streams.iter().all(|stream| matches!(stream, Ok(_) | Err(503))));
    get(&fleet.routes, "/").await.page();
    drop(streams);
    assert!(Stream::open(&fleet.routes, "/live?page=overview").await.is_ok());
}

#[tokio::test]
async fn other_methods_are_not_taken() {
    let fleet = Fleet::in_memory();
    for (method, path) in [
        ("PUT", "/tasks"),
        ("DELETE", "/types"),
        ("OPTIONS", "/change"),
        ("POST", "/tasks"),
        ("GET", "/crons/add"),
    ] {
        let request = request(method, path, &[BEARER]).body(Body::empty()).unwrap();
        let status = send(&fleet.routes, request).await.status;
        assert!(status == 405 || status == 404, "{method} {path}: {status}");
    }
}
