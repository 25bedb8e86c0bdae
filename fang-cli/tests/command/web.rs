//! `fang web` as a process, asked by HTTP.

use crate::serving::Serving;
use crate::shell::{Shell, reason};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The answer to a request with this token.
fn ask(serving: &Serving, request: &str, token: &str, body: &str) -> String {
    let (address, length) = (serving.address(), body.len());
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{request} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn a_dashboard_is_served_until_a_signal_with_a_token_that_was_made_up() {
    let shell = Shell::open().await;
    let id = shell.insert(&["Mail", "{}"]);
    let mut serving = Serving::start(&shell, &["web", "--json"]);
    let fields: Value = serde_json::from_str(&serving.first).unwrap();
    let token = fields["token"].as_str().unwrap();
    assert!(token.len() >= 32);
    assert!(ask(&serving, "GET /tasks", token, "").contains(&id));
    assert!(ask(&serving, "GET /tasks", "another token of some length", "").starts_with("HTTP/1.0 401"));
    assert_eq!(serving.stop(), (true, "{\"is_stopped\":true}\n".to_owned()));
}

#[tokio::test]
async fn a_token_that_was_given_is_not_shown_and_a_read_only_dashboard_takes_no_actions() {
    let shell = Shell::open().await;
    let token = "a token of the tests";
    let arguments = ["web", "--token", token, "--read-only", "--base-path", "/ops", "--title", "jobs"];
    let serving = Serving::start(&shell, &arguments);
    assert_eq!(serving.first, format!("serving http://{}/\n", serving.address()));
    let page = ask(&serving, "GET /", token, "");
    assert!(page.contains("jobs</title>") && page.contains("href=\"/ops/tasks\""), "{page}");
    let answer = ask(&serving, "POST /types", token, "do=pause&task_type=mail");
    assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
    let refused = shell.command(&["web", "--token", "short"]).output().unwrap();
    assert!(reason(&refused).contains("shorter than 16 bytes"));
}

#[tokio::test]
async fn pages_have_links_to_the_other_dashboards_that_are_named() {
    let shell = Shell::open().await;
    let token = "a token of the tests";
    let others = ["--other", "billing=https://jobs.example.com/b?x=1", "--other", "mail=/mail"];
    let serving = Serving::start(&shell, &[&["web", "--token", token], &others[..]].concat());
    let page = ask(&serving, "GET /", token, "");
    let links = ["href=\"https://jobs.example.com/b?x=1\"><bdi>billing<", "href=\"/mail\"><bdi>mail<"];
    assert!(links.iter().all(|link| page.contains(link)), "{page}");
    for odd in ["billing", "=/billing", "billing=javascript:alert(1)", "billing="] {
        let refused = shell.command(&["web", "--other", odd]).output().unwrap();
        assert!(reason(&refused).contains("write a name and an address"), "{odd}");
    }
}
