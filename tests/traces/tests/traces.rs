//! A trace goes from a web request through the database to the run of a task in another process.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_test_support::TestDatabase;
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process of the program, killed at the end.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &str, uri: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fang-trace-tests"));
        let mut child = command.args([role, uri]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("the process goes on").unwrap()
    }

    /// The next span of one of these names.
    fn span(&mut self, names: &[&str]) -> Value {
        loop {
            let span: Value = serde_json::from_str(&self.line()).unwrap();
            if names.iter().any(|name| span["name"] == *name) {
                return span;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts a user to this path, in this trace. Returns the id of the task.
fn post(address: &str, path: &str, user: &str, traceparent: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = user.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ntraceparent: {traceparent}\r\n\
         content-length: {length}\r\n\r\n{user}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.rsplit("\r\n").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_trace_goes_from_a_request_into_a_run_in_another_process() {
    let database = TestDatabase::create().await.unwrap();
    fang::AsyncQueue::<fang::NoTls>::builder().uri(database.uri()).build().migrate().await.unwrap();
    let mut web = Process::start("web", database.uri());
    let address = web.line();
    for (user, fails) in [("Ada", false), ("Mallory", true)] {
        let trace = format!("{:032x}", user.len());
        let task = post(&address, "/users", user, &format!("00-{trace}-00000000000000aa-01"));
        let request = web.span(&["POST /users"]);
        assert_eq!([&request["trace"], &request["parent"]], [trace.as_str(), "00000000000000aa"]);
        if !fails {
            // The worker starts once there is a task, and runs both.
            continue;
        }
        let mut worker = Process::start("worker", database.uri());
        let mut runs = [worker.span(&["process mail"]), worker.span(&["process mail"])];
        runs.sort_by_key(|run| run["is_error"].as_bool());
        let [succeeded, failed] = runs;
        assert_eq!((failed["trace"].as_str(), &failed["parent"]), (Some(trace.as_str()), &request["id"]));
        assert_eq!(
            (failed["is_error"].as_bool(), succeeded["is_error"].as_bool()),
            (Some(true), Some(false))
        );
        assert_ne!(succeeded["trace"], failed["trace"]);
        let expected = [
            ("messaging.system", "fang"),
            ("messaging.destination.name", "mail"),
            ("messaging.operation.type", "process"),
            ("messaging.message.id", &task),
            ("fang.kind", "welcome"),
            ("fang.attempt", "1"),
        ];
        for (key, value) in expected {
            assert_eq!(failed["attributes"][key], value, "{key}");
        }
        assert!(failed["attributes"]["error"].as_str().unwrap().contains("no such mailbox"));
    }
}

#[tokio::test]
async fn a_trace_goes_from_a_request_into_a_run_on_a_thread_of_another_process() {
    let database = TestDatabase::create().await.unwrap();
    fang::AsyncQueue::<fang::NoTls>::builder().uri(database.uri()).build().migrate().await.unwrap();
    let mut web = Process::start("web", database.uri());
    let address = web.line();
    let trace = format!("{:032x}", 7);
    let task = post(&address, "/letters", "Ada", &format!("00-{trace}-00000000000000aa-01"));
    let request = web.span(&["POST /letters"]);
    let mut worker = Process::start("blocking-worker", database.uri());
    let spans = ["fold", "process letters"].map(|name| worker.span(&[name]));
    let [inner, run] = &spans;
    assert!(spans.iter().all(|span| span["trace"] == trace.as_str()), "{spans:?}");
    assert_eq!((&run["parent"], &inner["parent"]), (&request["id"], &run["id"]));
    assert_eq!(run["attributes"]["messaging.message.id"], task.as_str());
}
