//! A client of a router, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

pub(crate) const TOKEN: &str = "a secret of the tests";
/// How a program shows the token.
pub(crate) const BEARER: (&str, &str) = ("authorization", "Bearer a secret of the tests");

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The page, which has to be there.
    pub(crate) fn page(self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.body.starts_with("<!DOCTYPE html>") && self.body.contains("<h1>"), "{}", self.body);
        self.body
    }

    /// Where the browser is sent.
    pub(crate) fn sent_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location")
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> axum::http::request::Builder {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:9188");
    }
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

pub(crate) async fn send(routes: &Router, request: Request<Body>) -> Answer {
    let response = routes.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub(crate) async fn get_with(routes: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(routes, request("GET", path, headers).body(Body::empty()).unwrap()).await
}

/// A page, for a program with the token.
pub(crate) async fn get(routes: &Router, path: &str) -> Answer {
    get_with(routes, path, &[BEARER]).await
}

pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

pub(crate) async fn post_with(
    routes: &Router,
    path: &str,
    form: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    let request = request("POST", path, headers).header("content-type", "application/x-www-form-urlencoded");
    send(routes, request.body(Body::from(encoded(form))).unwrap()).await
}

/// An action, by a program with the token.
pub(crate) async fn post(routes: &Router, path: &str, form: &[(&str, &str)]) -> Answer {
    post_with(routes, path, form, &[BEARER]).await
}
