//! Server-sent events.

use crate::browser::{BEARER, get, request};
use crate::fleet::{Fleet, mail};
use axum::Router;
use axum::body::{Body, HttpBody};
use std::pin::Pin;
use std::time::Duration;
use tower::ServiceExt;

/// A live page.
pub(crate) struct Stream(Pin<Box<Body>>);

impl Stream {
    pub(crate) async fn open(routes: &Router, path: &str) -> Result<Self, u16> {
        let request = request("GET", path, &[BEARER]).body(Body::empty()).unwrap();
        let response = routes.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        if status == 200 { Ok(Self(Box::pin(response.into_body()))) } else { Err(status) }
    }

    /// The next event that is a page, in one text.
    pub(crate) async fn next(&mut self) -> String {
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, self.page()).await.expect("nothing new came")
    }

    async fn page(&mut self) -> String {
        loop {
            let frame = std::future::poll_fn(|context| self.0.as_mut().poll_frame(context)).await;
            let text = String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
            if text.starts_with("data: ") {
                return text;
            }
        }
    }
}

#[tokio::test]
async fn a_live_page_tells_what_has_changed() {
    let fleet = Fleet::in_memory();
    let mut stream = Stream::open(&fleet.routes, "/live?page=types").await.unwrap();
    assert!(stream.next().await.contains("There are no tasks"));
    fleet.insert(mail("Welcome")).await;
    assert!(stream.next().await.contains(">mail<"));
    assert_eq!(Stream::open(&fleet.routes, "/live?page=odd").await.err(), Some(404));
}

#[tokio::test]
async fn every_page_that_says_so_has_a_live_part() {
    let fleet = Fleet::in_memory();
    let task = format!("/tasks/{}", fleet.insert(mail("Welcome")).await);
    for path in ["/", "/types", "/kinds", "/workers", "/running", "/errors", "/crons", &task] {
        let page = get(&fleet.routes, path).await.page();
        let (_, rest) = page.split_once("data-stream=\"").unwrap();
        let stream = rest.split_once('"').unwrap().0.replace("&amp;", "&");
        Stream::open(&fleet.routes, &stream).await.unwrap().next().await;
    }
}

#[tokio::test]
async fn the_page_of_a_task_tells_its_changes_and_that_it_is_gone() {
    for fleet in Fleet::both().await {
        let id = fleet.insert(mail("Welcome")).await;
        let path = format!("/live?page=task&id={id}");
        let mut streams = Vec::new();
        for _ in 0..3 {
            let mut stream = Stream::open(&fleet.routes, &path).await.unwrap();
            assert!(stream.next().await.contains("Run now"));
            streams.push(stream);
        }
        assert!(fleet.admin.cancel(id).await.unwrap());
        for stream in &mut streams {
            let page = stream.next().await;
            assert!(page.contains("badge bad") && page.contains("cancelled"), "{page}");
        }
        fleet.admin.remove(&fang::store::Removal::Id(id)).await.unwrap();
        assert!(streams[0].next().await.contains("no task has the id"));
    }
}

#[tokio::test]
async fn errors_and_crons_tell_what_has_changed() {
    let fleet = Fleet::in_memory();
    let mut errors = Stream::open(&fleet.routes, "/live?page=errors").await.unwrap();
    let mut crons = Stream::open(&fleet.routes, "/live?page=crons").await.unwrap();
    assert!(
        errors.next().await.contains("No task has failed")
            && crons.next().await.contains("There are no crons")
    );
    fleet.failed("Bill").await;
    fleet.cron().await;
    assert!(errors.next().await.contains(">Bill<") && crons.next().await.contains("hand:nightly"));
}
