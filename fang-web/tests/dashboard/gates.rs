//! Who may come in.

use crate::browser::{BEARER, TOKEN, get, get_with, post_with};
use crate::fleet::Fleet;
use fang_web::{Access, Dashboard, DashboardError, Viewer};
use std::sync::{Arc, Mutex};

const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

/// The cookie that a login sets.
async fn login(routes: &axum::Router, headers: &[(&str, &str)]) -> (String, String) {
    let form = [("token", TOKEN), ("name", "Ada"), ("to", "/tasks?kind=a")];
    let answer = post_with(routes, "/login", &form, headers).await;
    assert_eq!(answer.sent_to(), "/tasks?kind=a");
    let set = answer.header("set-cookie").to_owned();
    (set.split(';').next().unwrap().to_owned(), set)
}

#[tokio::test]
async fn a_token_that_is_given_once_opens_all_pages_by_a_cookie() {
    let fleet = Fleet::in_memory();
    let closed = get_with(&fleet.routes, "/tasks?kind=a", &[]).await;
    assert_eq!((closed.status.as_u16(), closed.header("www-authenticate")), (401, "Bearer"));
    assert!(closed.body.contains("name=\"to\" value=\"/tasks?kind=a\""), "{}", closed.body);
    let (cookie, set) = login(&fleet.routes, &[SAME]).await;
    assert!(set.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"), "{set}");
    get_with(&fleet.routes, "/tasks", &[("cookie", &format!("a=b; {cookie}"))]).await.page();
    let (_, set) = login(&fleet.routes, &[("origin", "https://localhost:9188")]).await;
    assert!(set.ends_with("; Secure"), "{set}");
    let out = post_with(&fleet.routes, "/logout", &[], &[("cookie", &cookie), SAME]).await;
    assert!(out.sent_to() == "/" && out.header("set-cookie").starts_with("fang_web=; "));
}

#[tokio::test]
async fn each_action_is_told_with_who_took_it() {
    let fleet = Fleet::in_memory();
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = told.clone();
    let routes = fleet.with(|dashboard| {
        dashboard.on_action(move |action| listener.lock().unwrap().push(action.to_string()))
    });
    let (cookie, _) = login(&routes, &[SAME]).await;
    let form = [("do", "pause"), ("task_type", "mail\n\u{202e}x")];
    let answer = post_with(&routes, "/types", &form, &[("cookie", &cookie), SAME]).await;
    assert_eq!(answer.sent_to(), "/types?told=paused");
    post_with(&routes, "/types", &[("do", "resume"), ("task_type", "mail")], &[BEARER]).await;
    let told = told.lock().unwrap().join("|");
    assert_eq!(told, "Ada: log in|Ada: pause type mail \\u{202e}x|token: resume type mail");
}

#[tokio::test]
async fn the_check_of_an_application_decides_who_sees_and_who_acts() {
    let fleet = Fleet::in_memory();
    let check =
        |parts: &axum::http::request::Parts| match parts.headers.get("x-user").map(|user| user.as_bytes()) {
            Some(b"ada") => Viewer::named("ada", Access::Full),
            Some(b"bob") => Access::ReadOnly.into(),
            _ => Access::None.into(),
        };
    let routes = Dashboard::with_check(fleet.admin.clone(), check).routes();
    let pause = [("do", "pause"), ("task_type", "mail")];
    let cases = [("eve", 403, 403), ("bob", 200, 403), ("ada", 200, 303)];
    for (user, sees, acts) in cases {
        let user = ("x-user", user);
        assert_eq!(get_with(&routes, "/types", &[user]).await.status, sees, "{user:?}");
        assert_eq!(post_with(&routes, "/types", &pause, &[user, SAME]).await.status, acts, "{user:?}");
        let login = post_with(&routes, "/login", &[("token", TOKEN)], &[user, SAME]).await;
        assert_ne!(login.status, 303, "there is no token");
    }
    let page = get_with(&routes, "/types", &[("x-user", "bob")]).await.page();
    assert!(page.contains("read-only") && !page.contains("<button"), "{page}");
}

#[tokio::test]
async fn a_read_only_dashboard_changes_nothing() {
    let fleet = Fleet::in_memory();
    let routes = fleet.with(Dashboard::read_only);
    let id = fleet.failed("Bill").await;
    let form = [("do", "remove"), ("scope", "one"), ("id", &id.to_string())];
    assert_eq!(post_with(&routes, "/change", &form, &[BEARER]).await.status, 403);
    assert_eq!(fleet.state(id).await, "failed");
    assert!(!get(&routes, &format!("/tasks/{id}")).await.page().contains("Remove"));
}

#[tokio::test]
async fn a_token_that_can_be_guessed_is_refused() {
    let fleet = Fleet::in_memory();
    let refused = Dashboard::with_token(fleet.admin.clone(), "short").err();
    assert_eq!(refused, Some(DashboardError::ShortToken));
    let dashboard = Dashboard::with_token(fleet.admin, TOKEN).unwrap();
    assert!(!format!("{dashboard:?}").contains("secret"));
}
