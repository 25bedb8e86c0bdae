//! Standbys that keep dead rows: a replication slot whose standby is gone, and one that is connected.

use crate::server::until;
use crate::ward::Ward;
use fang_test_support::{Cluster, Durability, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection for replication, as a standby opens it.
struct Standby(TcpStream);

impl Standby {
    async fn connect(port: u16) -> Self {
        let mut standby = Self(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        let startup = b"\x00\x03\x00\x00user\0postgres\0replication\0true\0\0";
        standby.0.write_all(&framed(None, startup)).await.unwrap();
        standby.until(b'Z').await;
        standby
    }

    /// Streams from this place on: `SLOT name PHYSICAL 0/1`.
    async fn stream(&mut self, place: &str) {
        self.send(b'Q', format!("START_REPLICATION {place}\0").as_bytes()).await;
        self.until(b'W').await;
    }

    /// Its feedback: a transaction of it still needs the rows of this time.
    async fn needs(&mut self, xid: u32, epoch: u32) {
        let (xid, epoch) = (xid.to_be_bytes(), epoch.to_be_bytes());
        self.send(b'd', &[&b"h"[..], &[0; 8], &xid, &epoch, &[0; 8]].concat()).await;
    }

    async fn send(&mut self, tag: u8, body: &[u8]) {
        self.0.write_all(&framed(Some(tag), body)).await.unwrap();
    }

    /// Reads messages up to one of this sort.
    async fn until(&mut self, tag: u8) {
        loop {
            let read = self.0.read_u8().await.unwrap();
            let mut body = vec![0; self.0.read_u32().await.unwrap() as usize - 4];
            self.0.read_exact(&mut body).await.unwrap();
            assert_ne!(read, b'E', "{}", String::from_utf8_lossy(&body));
            if read == tag {
                return;
            }
        }
    }
}

fn framed(tag: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    tag.into_iter().chain(length).chain(body.iter().copied()).collect()
}

/// On a server of its own, since every database of a server suffers from it.
#[tokio::test]
async fn a_slot_of_a_standby_that_is_gone_is_found() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let ward = Ward::empty(TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap()).await;
    ward.queue.migrate().await.unwrap();
    ward.run("SELECT pg_create_physical_replication_slot('standby', true)").await;
    assert_eq!(ward.codes().await, [""; 0], "no standby has used it");
    let (place, xid) = now(&ward).await;
    let mut standby = Standby::connect(cluster.port()).await;
    standby.stream(&format!("SLOT standby PHYSICAL {place}")).await;
    standby.needs(xid, 0).await;
    drop(standby);
    let found = until(&ward, "replication-slot").await;
    assert!(found.what.contains("slot standby (not active)"), "{found:?}");
}

/// Where the log ends, and the last transaction.
async fn now(ward: &Ward) -> (String, u32) {
    let row = "SELECT pg_current_wal_lsn()::text, pg_current_xact_id()::text";
    let row = ward.client.query_one(row, &[]).await.unwrap();
    (row.get(0), row.get::<_, &str>(1).parse().unwrap())
}

/// Without a slot, the connection itself holds back what a query of the standby needs.
#[tokio::test]
async fn a_query_of_a_standby_is_found_once_it_is_a_million_transactions_old() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let ward = Ward::empty(TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap()).await;
    ward.queue.migrate().await.unwrap();
    let (place, xid) = now(&ward).await;
    let mut standby = Standby::connect(cluster.port()).await;
    standby.stream(&format!("PHYSICAL {place}")).await;
    standby.needs(xid, 0).await;
    let heard = "SELECT FROM pg_stat_activity WHERE backend_type = 'walsender' AND backend_xmin IS NOT NULL";
    while ward.client.query_opt(heard, &[]).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ward.codes().await, [""; 0], "it began just now");
    // The numbers of transactions go round, and the epoch counts the rounds: this one was before the first.
    standby.needs(xid.wrapping_sub(1_100_000), u32::MAX).await;
    let found = until(&ward, "standby-query").await;
    let pid = "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'walsender'";
    let pid: String = ward.client.query_one(pid, &[]).await.unwrap().get(0);
    assert!(found.what.contains(&format!("process {pid},")), "{found:?}");
    assert!(found.what.ends_with("open for a million transactions"), "{found:?}");
}
