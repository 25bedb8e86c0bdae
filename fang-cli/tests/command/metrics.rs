//! `fang metrics` as a process, asked by HTTP.

use crate::serving::Serving;
use crate::shell::Shell;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The answer of a server, with its head. Of version 1.0, so that it comes in one part.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn metrics_are_served_until_a_signal_and_by_default_to_this_host_alone() {
    let shell = Shell::open().await;
    shell.insert(&["Mail", "{}", "--task-type", "mail"]);
    shell.failed(&["Report", "{}"]);
    let mut serving = Serving::start(&shell, &["metrics", "--fresh-for", "500ms"]);
    let answer = get(serving.address(), "/metrics");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    for line in ["fang_tasks_due{task_type=\"mail\"} 1\n", "fang_failed_tasks{kind=\"Report\"} 1\n"] {
        assert!(answer.contains(line), "{answer}");
    }
    assert!(get(serving.address(), "/").starts_with("HTTP/1.0 404"));
    let other = ["metrics", "--listen", serving.address()];
    assert!(shell.refuses(&other).contains("--listen"), "the port is taken");
    assert!(shell.says(&["metrics", "--help"]).contains("[default: 127.0.0.1:9187]"));
    assert_eq!(serving.stop(), (true, "stopped\n".to_owned()));
}
