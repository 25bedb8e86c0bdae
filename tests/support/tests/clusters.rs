//! Clusters are separate, can be restarted after a crash, and are removed completely.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_test_support::{Cluster, Durability, SupportError, TestDatabase, find_binaries};
use std::{fs, net::TcpStream, path::Path};

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[tokio::test]
async fn two_clusters_run_side_by_side_and_end_with_their_owner() {
    let first = Cluster::create(Durability::Fast).unwrap();
    let second = Cluster::create(Durability::Durable).unwrap();
    assert_ne!(first.port(), second.port());
    assert_ne!(first.data_dir(), second.data_dir());
    let (port, data, socket) = (first.port(), first.data_dir(), first.socket_dir().to_owned());
    assert!(data.exists() && socket.exists());

    drop(first);
    assert!(!answers(port) && !data.exists() && !socket.exists());
    let database = TestDatabase::create_in(&second.uri("postgres")).await.unwrap();
    let client = database.client().await.unwrap();
    let fsync: String = client.query_one("SHOW fsync", &[]).await.unwrap().get(0);
    assert_eq!(fsync, "on");
}

#[tokio::test]
async fn committed_rows_survive_an_immediate_restart() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let client = database.client().await.unwrap();
    client.batch_execute("CREATE TABLE t AS SELECT 7 AS n").await.unwrap();

    cluster.stop_immediate().unwrap();
    assert!(!answers(cluster.port()));
    assert!(client.query_one("SELECT n FROM t", &[]).await.is_err());
    assert!(cluster.stop_immediate().is_err(), "there was nothing to stop");
    cluster.start().unwrap();
    let client = database.client().await.unwrap();
    let n: i32 = client.query_one("SELECT n FROM t", &[]).await.unwrap().get(0);
    assert_eq!(n, 7);
    cluster.restart_immediate().unwrap();
    assert!(answers(cluster.port()));
}

#[tokio::test]
async fn the_unix_socket_works_too() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let folder = cluster.socket_dir().display();
    let text = format!("host={folder} port={} user=postgres dbname=postgres", cluster.port());
    let connected = tokio_postgres::connect(&text, tokio_postgres::NoTls).await;
    assert!(connected.is_ok());
}

#[test]
fn the_highest_version_is_chosen_and_none_names_the_package() {
    let folder = std::env::temp_dir().join(format!("fang-binaries-{}", std::process::id()));
    for version in ["9", "15", "101"] {
        fs::create_dir_all(folder.join(version).join("bin")).unwrap();
    }
    let none = find_binaries(None, &folder).unwrap_err();
    assert!(matches!(none, SupportError::NotInstalled));
    assert!(none.to_string().contains("apt-get install postgresql"));
    assert!(find_binaries(Some("/nowhere".as_ref()), Path::new("/nowhere")).is_err());

    for version in ["9", "15"] {
        for program in ["initdb", "pg_ctl", "postgres"] {
            fs::write(folder.join(version).join("bin").join(program), "").unwrap();
        }
    }
    let found = find_binaries(None, &folder).unwrap();
    assert!(found.ends_with("15/bin"), "101 is incomplete: {found:?}");
    fs::remove_dir_all(folder).unwrap();
}
