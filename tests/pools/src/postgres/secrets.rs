//! Passwords and payloads stay out of `Debug`, errors and logs.

use super::errors::errors;
use crate::seam::{Client, Mode, PATIENCE, World, collect_logs, logged, say, until};
use fang_core::{FangError, NewTask};
use fang_test_support::{Cluster, Durability};

crate::each_mode! {
    no_error_and_no_log_line_quotes_a_connection_string,
    debug_shows_neither_the_connection_string_nor_a_payload,
    no_log_line_shows_a_payload_whatever_happens_to_the_task,
}

const SECRET: &str = "hunter2";

/// Errors of fang, and of a task that connects by itself, for a connection string with a secret.
async fn told(mode: Mode, uri: &str) -> String {
    let mut told = format!("{:?}", mode.queue(uri));
    for error in errors(mode, uri).await {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            told.push_str(&format!(" {error} {error:?} {error:#?}"));
            cause = error.source();
        }
        told.push_str(&FangError::from(error).description);
    }
    match Client::connect(mode, uri).await {
        Err(error) => told + &error.description,
        Ok(_) => panic!("nobody should connect"),
    }
}

async fn no_error_and_no_log_line_quotes_a_connection_string(mode: Mode) {
    collect_logs();
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let hba = cluster.data_dir().join("pg_hba.conf");
    std::fs::write(&hba, "host all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    cluster.restart_immediate().unwrap();
    let (port, folder) = (cluster.port(), cluster.socket_dir().display());
    let uris = [
        "postgres://app:100%SECRET@h/d".to_owned(),
        "postgres://app:p@SECRET@127.0.0.1/d".to_owned(),
        "postgres://app:p/SECRET@127.0.0.1/d".to_owned(),
        "postgres://app:SECRET @127.0.0.1:x/d".to_owned(),
        "postgres://app:SECRET@[::1/d".to_owned(),
        "postgres://app:SECRET@[::1]:1/d".to_owned(),
        "postgres://app@127.0.0.1:1/d?password=SECRET".to_owned(),
        "postgres://app@127.0.0.1:1/d?password=100%SECRET".to_owned(),
        "postgres://app@127.0.0.1:1/d?SECRET=1".to_owned(),
        "postgres://app@127.0.0.1:1/d?sslmode=SECRET".to_owned(),
        "host=127.0.0.1 port=1 password='SECRET".to_owned(),
        "host=127.0.0.1 port=SECRET".to_owned(),
        "host=127.0.0.1 password=a SECRET".to_owned(),
        "mysql://app:SECRET@127.0.0.1/d".to_owned(),
        // The server refuses these.
        format!("postgres://SECRET@127.0.0.1:{port}/d"),
        format!("postgres://postgres:SECRET@127.0.0.1:{port}/d"),
        format!("postgres://postgres@127.0.0.1:{port}/d?password=SECRET"),
        format!("postgres://postgres@127.0.0.1:{port}/d?options=-c%20SECRET"),
        format!("host={folder} port={port} user=SECRET dbname='d@SECRET'"),
        format!(
            "postgres://app@127.0.0.1:{port}/d?passfile=/SECRET&sslmode=require&sslkey=/SECRET&sslcert=/SECRET"
        ),
    ];
    for uri in uris {
        let told = told(mode, &uri.replace("SECRET", SECRET)).await;
        assert!(!told.contains(SECRET), "{uri}: {told}");
    }
    let logged = logged();
    let leaks: Vec<_> = logged.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

async fn debug_shows_neither_the_connection_string_nor_a_payload(mode: Mode) {
    let world = World::at(mode, &format!("postgres://fang:{SECRET}@localhost/fang"));
    let (queue, pool, task) = (&world.queue, world.pool(1).build(), world.new_task(&say(SECRET)));
    let shown = format!("{queue:?} {queue:#?} {pool:?} {task:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

async fn no_log_line_shows_a_payload_whatever_happens_to_the_task(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).start().await;
    let task = world.queue.insert_task(&say(SECRET)).await.unwrap();
    let bad = world.insert_unchecked(&format!(r#"{{"type":"Say","text":["{SECRET}"]}}"#)).await;
    world.heard().await;
    let failed = async || {
        let row = world.queue.find_task_by_id(bad.id).await.unwrap().unwrap();
        row.error_message.filter(|_| !row.state.is_alive())
    };
    until(async || failed().await.is_some()).await;
    // The reason why a row cannot be decoded does not quote it either.
    assert!(!failed().await.unwrap().contains(SECRET));
    let not_json = NewTask::new(format!("{SECRET} is not JSON"), "common".into(), world.mode.of_rows());
    let error = world.queue.insert(not_json).await.unwrap_err();
    pool.shutdown(PATIENCE).await;
    let shown = format!("{task:?} {bad:?} {error} {error:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let logged = logged();
    assert!(logged.iter().any(|line| line.contains("fang")), "the logger should be installed");
    let leaks: Vec<_> = logged.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
