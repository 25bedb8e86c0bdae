//! The signal SIGTSTP, which makes pools quiet.

use super::child::{Child, PATIENCE};
use super::{LIVING, database, listens, number, until_number};
use fang::Mode;
use std::time::{Duration, Instant};

/// Tasks that are inserted afterwards are not claimed, in any of the modes of its pools.
async fn sigtstp_makes_it_quiet(process: &str, modes: &[Mode]) {
    let (database, queue, client) = database().await;
    let insert = async || {
        for mode in modes {
            queue.insert(listens(true, *mode)).await.unwrap();
        }
    };
    insert().await;
    let mut child = Child::start_at(process, "quiet", database.uri());
    modes.iter().for_each(|_| child.prints("running"));
    child.send("-TSTP");
    modes.iter().for_each(|_| child.prints(", is quiet"));
    insert().await;
    assert!(child.runs());
    child.send("-TERM");
    modes.iter().for_each(|_| child.prints("told"));
    assert!(child.ended().success());
    let left = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND lease = 0";
    assert_eq!(number(&client, left).await, modes.len() as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigtstp_makes_a_process_of_tokio_tasks_quiet() {
    sigtstp_makes_it_quiet("be_a_process_of_tokio_tasks_that_starts", &[Mode::Asynk]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigtstp_makes_a_process_of_threads_quiet() {
    sigtstp_makes_it_quiet("be_a_process_of_threads_that_starts", &[Mode::Blocking]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigtstp_makes_all_pools_of_a_process_quiet() {
    let process = "be_a_process_of_both_modes_over_a_database";
    sigtstp_makes_it_quiet(process, &[Mode::Asynk, Mode::Blocking]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigtstp_during_its_start_makes_a_pool_quiet_from_the_beginning() {
    let (database, queue, client) = database().await;
    let lock = database.client().await.unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE fang_meta").await.unwrap();
    queue.insert(listens(true, Mode::Asynk)).await.unwrap();
    let mut child = Child::start_at("be_a_process_of_tokio_tasks_that_starts", "quiet", database.uri());
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until_number(&client, waits, 1).await;
    child.send("-TSTP");
    // The thread that receives signals has handled it before it handles the next one.
    assert!(child.runs());
    lock.batch_execute("COMMIT").await.unwrap();
    child.prints(", is quiet");
    assert_eq!(number(&client, LIVING).await, 1);
    child.send("-TERM");
    assert!(child.ended().success());
    let left = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND lease = 0";
    assert_eq!(number(&client, left).await, 1);
}

#[test]
fn without_pools_sigtstp_stops_the_process_as_it_does_by_default() {
    let mut child = Child::start("be_a_process_that_goes_on_without_pools", "ends");
    child.prints("running");
    child.send("-TERM");
    child.prints("goes on");
    let began = Instant::now();
    while !child.is_stopped() {
        // The pool may be gone a moment later than its call returns.
        child.send("-TSTP");
        assert!(began.elapsed() < PATIENCE, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}
