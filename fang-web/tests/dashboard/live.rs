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
    for path in ["/", "/types", "/workers", "/running"] {
        let page = get(&fleet.routes, path).await.page();
        let (_, rest) = page.split_once("data-stream=\"").unwrap();
        let stream = rest.split_once('"').unwrap().0.replace("&amp;", "&");
        Stream::open(&fleet.routes, &stream).await.unwrap().next().await;
    }
}
