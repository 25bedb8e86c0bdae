//! The program `with-postgres`: the environment and exit code of its command, and
//! the clean-up after every kind of end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

fn with_postgres(script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-postgres"));
    command.args(["--", "sh", "-c", script]);
    command.env_remove("DATABASE_URL").env_remove("FANG_CLUSTER_TEMPLATE");
    command
}

/// Starts `with-postgres`. Returns the process, the pipe that keeps its command
/// running, and the port and the data folder of its cluster.
fn running() -> (Child, ChildStdin, u16, String) {
    let mut child = with_postgres("echo $DATABASE_URL; read -r line")
        // The command reads from this pipe. It is not told when its owner is
        // killed, so it ends with the test.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take().unwrap();
    let mut uri = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut uri).unwrap();
    let port = uri.split([':', '/']).nth(4).unwrap().parse().unwrap();
    let data = tokio::runtime::Runtime::new().unwrap().block_on(data_directory(uri.trim()));
    (child, input, port, data)
}

async fn data_directory(uri: &str) -> String {
    let (client, connection) = tokio_postgres::connect(uri, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let row = client.query_one("SHOW data_directory", &[]).await.unwrap();
    row.get(0)
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    Command::new("kill").args([name, &pid]).status().unwrap();
}

fn wait_until_gone(port: u16, data: &str) {
    let root = Path::new(data).parent().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_ok() || root.exists() {
        assert!(Instant::now() < deadline, "{data} is still there");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_exit_code_is_passed_on() {
    let seven = with_postgres("exit 7").status().unwrap();
    assert_eq!(seven.code(), Some(7));
    let killed = with_postgres("kill -KILL $$").status().unwrap();
    assert_eq!(killed.code(), Some(137));
}

#[test]
fn the_server_of_database_url_is_used() {
    let output =
        with_postgres("echo $DATABASE_URL").env("DATABASE_URL", "postgres://given").output().unwrap();
    assert_eq!(output.stdout, b"postgres://given\n");
}

#[test]
fn clusters_of_the_command_begin_with_a_copy_of_the_files() {
    let script = format!(
        "touch $FANG_CLUSTER_TEMPLATE/mark && unset DATABASE_URL &&
        {} -- sh -c 'test -e $FANG_CLUSTER_TEMPLATE/mark'",
        env!("CARGO_BIN_EXE_with-postgres"),
    );
    assert!(with_postgres(&script).status().unwrap().success());
}

#[test]
fn nothing_is_left_after_sigkill() {
    let (mut owner, _input, port, data) = running();
    signal(&owner, "-KILL");
    owner.wait().unwrap();
    wait_until_gone(port, &data);
}

#[test]
fn sigterm_reaches_the_command_and_an_interrupt_waits_for_it() {
    let (mut owner, _input, port, data) = running();
    signal(&owner, "-INT");
    thread::sleep(Duration::from_millis(200));
    assert!(owner.try_wait().unwrap().is_none());
    signal(&owner, "-TERM");
    assert_eq!(owner.wait().unwrap().code(), Some(143));
    wait_until_gone(port, &data);
}
