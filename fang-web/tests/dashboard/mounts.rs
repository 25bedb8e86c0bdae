//! Where the routes are mounted.

use crate::browser::{Answer, get};
use crate::fleet::Fleet;
use axum::Router;

/// The local addresses of a page.
fn links(page: &str) -> Vec<&str> {
    let parts = page.split("href=\"").chain(page.split("src=\"")).chain(page.split("action=\""));
    parts
        .filter_map(|part| part.split_once('"'))
        .map(|(link, _)| link)
        .filter(|link| link.starts_with('/'))
        .collect()
}

fn all_begin_with(answer: Answer, base: &str) {
    let page = answer.page();
    let links = links(&page);
    assert!(links.len() > 10, "{page}");
    for link in links {
        assert!(
            link == base || link.starts_with(&format!("{base}/")) || link.starts_with(&format!("{base}?")),
            "{link}"
        );
    }
}

#[tokio::test]
async fn routes_may_be_nested_anywhere_and_both_addresses_of_the_first_page_work() {
    let fleet = Fleet::in_memory();
    let service = Router::new().nest_service("/fang", fleet.routes.clone());
    let deep = Router::new().nest("/a", service.clone());
    let plain = Router::new().nest("/fang", fleet.routes.clone());
    for path in ["", "/", "/tasks", "/crons"] {
        all_begin_with(get(&service, &format!("/fang{path}")).await, "/fang");
        all_begin_with(get(&deep, &format!("/a/fang{path}")).await, "/a/fang");
        // With `nest`, axum passes the prefix with a slash to no router.
        let plain = get(&plain, &format!("/fang{path}")).await;
        if path == "/" { assert_eq!(plain.status, 404) } else { all_begin_with(plain, "/fang") }
    }
    assert_eq!(get(&service, "/fang/tasks/").await.sent_to(), "/fang/tasks");
    assert_eq!(get(&service, "/fang/nothing").await.status, 404);
}

#[tokio::test]
async fn a_proxy_may_take_a_part_of_the_path_away() {
    let fleet = Fleet::in_memory();
    let routes = fleet.with(|dashboard| dashboard.base_path("/ops/"));
    let nested = Router::new().nest_service("/fang", routes.clone());
    for path in ["/", "/tasks"] {
        all_begin_with(get(&routes, path).await, "/ops");
        all_begin_with(get(&nested, &format!("/fang{path}")).await, "/ops/fang");
    }
}
