//! The queue over TLS, with a server that accepts only TLS.

#![cfg(feature = "rustls")]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_asynk::{AsyncQueue, AsyncWorkerPool, NoTls, Rustls, TlsConnector};
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, QueueError, SleepParams, StoreError, async_trait, typetag,
};
use fang_test_support::{Cluster, Durability};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than any step takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    cluster: Cluster,
    ca: String,
}

impl Server {
    /// The server that all tests share.
    fn get() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let cluster = Cluster::create(Durability::Fast).unwrap();
        let data = cluster.data_dir();
        let ca = authority("ours");
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &ca).unwrap();
        give(&data.join("server.crt"), &certificate.pem());
        give(&data.join("server.key"), &key.serialize_pem());
        let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.conf")).unwrap();
        writeln!(settings, "ssl = on").unwrap();
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        cluster.restart_immediate().unwrap();
        Self { cluster, ca: ca.pem() }
    }

    fn uri(&self) -> String {
        self.cluster.uri("postgres")
    }

    fn tls(&self) -> Rustls {
        Rustls::with_roots_pem(self.ca.as_bytes()).unwrap()
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a file that only the account of the server can read. The server refuses a key that others can read.
fn give(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    let owner = fs::metadata(file.parent().unwrap()).unwrap();
    chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[derive(Clone)]
struct Ear(mpsc::UnboundedSender<String>);

#[derive(Serialize, Deserialize)]
struct Say(String);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Say {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        if let Some(ear) = queue.context().state::<Ear>() {
            let _ = ear.0.send(self.0.clone());
        }
        Ok(())
    }
}

/// A pool with this never polls during a test, so a task runs only if a notification arrives.
fn asleep() -> SleepParams {
    let hour = Duration::from_secs(3600);
    SleepParams { sleep_period: hour, max_sleep_period: hour, min_sleep_period: hour, sleep_step: hour }
}

/// Waits until `wanted` connections are open. Asserts that all are encrypted.
async fn until_open(client: &tokio_postgres::Client, wanted: i64) {
    let sql = "SELECT count(*), bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database()";
    let opened = async {
        loop {
            let row = client.query_one(sql, &[]).await.unwrap();
            assert!(row.get::<_, bool>(1), "every connection is encrypted");
            if row.get::<_, i64>(0) >= wanted {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, opened).await.expect("the pool should open its connections");
}

#[tokio::test]
async fn a_queue_migrates_inserts_and_runs_tasks_over_tls_alone() {
    let server = Server::get();
    let mut queue: AsyncQueue<Rustls> = AsyncQueue::builder().uri(server.uri()).build();
    queue.connect(server.tls()).await.unwrap();
    assert!(queue.migrate().await.unwrap() > 0);
    let (sender, mut ear) = mpsc::unbounded_channel();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(queue.clone())
        .sleep_params(asleep())
        .state(Ear(sender))
        .build();
    pool.start().await.unwrap();
    let (client, connection) = tokio_postgres::connect(&server.uri(), server.tls()).await.unwrap();
    tokio::spawn(connection);
    // The connection of this test, one of the application, one of the engine, and one of the heart.
    until_open(&client, 4).await;
    let mut elsewhere: AsyncQueue<Rustls> = AsyncQueue::builder().uri(server.uri()).build();
    elsewhere.connect(server.tls()).await.unwrap();
    elsewhere.insert_task(&Say("hello".to_owned())).await.unwrap();
    let heard = tokio::time::timeout(PATIENCE, ear.recv()).await.expect("the task should run");
    assert_eq!(heard.as_deref(), Some("hello"));
    until_open(&client, 5).await;
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!((report.still_running, report.late_results), (0, 0));
}

async fn refusal<Tls: TlsConnector>(uri: &str, tls: Tls) -> StoreError {
    let mut queue: AsyncQueue<Tls> = AsyncQueue::builder().uri(uri).build();
    match queue.connect(tls).await.unwrap_err() {
        QueueError::Store(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_whose_ca_is_not_trusted_is_refused() {
    let stranger = Rustls::with_roots_pem(authority("a stranger").pem().as_bytes()).unwrap();
    let error = refusal(&Server::get().uri(), stranger).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("invalid peer certificate: UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn a_server_whose_certificate_is_for_another_name_is_refused() {
    let server = Server::get();
    let uri = server.uri().replace("127.0.0.1", "localhost") + "?hostaddr=127.0.0.1";
    let error = refusal(&uri, server.tls()).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("not valid for name \"localhost\""), "{error}");
}

/// A connector that trusts no server of this test.
fn stranger() -> Rustls {
    Rustls::with_roots_pem(authority("a stranger").pem().as_bytes()).unwrap()
}

#[tokio::test]
async fn the_connection_string_can_name_the_roots_and_the_mode_as_for_libpq() {
    let server = Server::get();
    let file = server.cluster.data_dir().join("ca.pem");
    fs::write(&file, &server.ca).unwrap();
    let uri = format!("{}?sslmode=verify-full&sslrootcert={}", server.uri(), file.display());
    let mut queue: AsyncQueue<Rustls> = AsyncQueue::builder().uri(&uri).build();
    queue.connect(stranger()).await.unwrap();
    let other = uri.replace("127.0.0.1", "localhost") + "&hostaddr=127.0.0.1";
    let error = refusal(&other, stranger()).await;
    assert!(error.to_string().contains("not valid for name"), "{error}");
    let error = refusal(&uri.replace("ca.pem", "no.pem"), stranger()).await;
    assert!(matches!(error, StoreError::Parameter { name: "sslrootcert", .. }), "{error:?}");
    let error = refusal(&format!("{uri}&sslcert=/no/such"), stranger()).await;
    assert!(matches!(error, StoreError::Parameter { name: "sslcert", .. }), "{error:?}");
}

#[tokio::test]
async fn a_connector_that_cannot_verify_says_which_feature_can() {
    for (name, parameter) in [("sslmode", "sslmode=verify-full"), ("sslrootcert", "sslrootcert=/x")] {
        let error = refusal(&format!("{}?{parameter}", Server::get().uri()), NoTls).await;
        assert!(matches!(error, StoreError::Parameter { name: found, .. } if found == name), "{error:?}");
        assert!(error.to_string().contains("feature `rustls`"), "{error}");
    }
}

#[tokio::test]
async fn a_connection_without_tls_is_refused_by_a_server_that_demands_it() {
    let error = refusal(&Server::get().cluster.uri("postgres"), NoTls).await;
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("no encryption"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("postgres://fang@{}/fang", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        client.read_exact(&mut request).unwrap();
        client.write_all(b"N").unwrap();
    });
    let error = refusal(&uri, Server::get().tls()).await;
    server.join().unwrap();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("server does not support TLS"), "{error}");
}

#[test]
fn debug_shows_how_many_roots_there_are_and_no_more() {
    assert_eq!(format!("{:?}", Server::get().tls()), "Rustls { roots: 1, .. }");
}
