use crate::args::Args;
use crate::demo;
use crate::figures::Figures;
use deadpool_postgres::{Manager, Pool};
use fang::{AsyncQueue, AsyncQueueable, FangError, NoTls};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The schema of the tables of this example and of the tables of fang.
pub(crate) const SCHEMA: &str = "fang_feeds";

const TABLES: &str = include_str!("tables.sql");
const MAX_CONNECTIONS: usize = 16;
/// How long the fetch of one feed may take, from the connection to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_REDIRECTS: usize = 5;

/// The application state that tasks use. The pools give it to every run. Clones share one state.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) database: Pool,
    pub(crate) http: Client,
    pub(crate) queue: AsyncQueue<NoTls>,
    /// The address of the demo server in this process, if there is one.
    pub(crate) demo: Option<SocketAddr>,
    /// Whether this process runs heavy tasks. Otherwise they wait for a process that does.
    pub(crate) has_threads: bool,
    pub(crate) figures: Arc<Figures>,
}

impl App {
    /// Connects, and creates missing tables.
    pub(crate) async fn new(args: &Args, uri: &str, demo: Option<SocketAddr>) -> Result<Self, FangError> {
        let mut queue = AsyncQueue::builder().uri(uri).schema(SCHEMA).build();
        queue.connect(NoTls).await?;
        queue.migrate().await?;

        let manager = Manager::new(uri.parse()?, NoTls);
        let database =
            Pool::builder(manager).max_size(MAX_CONNECTIONS).build().map_err(FangError::from_error)?;
        database.get().await?.batch_execute(TABLES).await?;

        Ok(Self {
            database,
            http: http(demo.is_some()).map_err(FangError::from_error)?,
            queue,
            demo,
            has_threads: args.threads > 0,
            figures: Arc::new(Figures::new().map_err(FangError::from_error)?),
        })
    }

    /// Returns the application state of a running task.
    pub(crate) fn of(queue: &dyn AsyncQueueable) -> Result<&Self, FangError> {
        queue.context().require_state()
    }

    /// Returns the URL to fetch a feed from. The feeds of the demo have stable names, but another port in each
    /// process.
    pub(crate) fn resolve(&self, url: &str) -> Result<Url, FangError> {
        demo::resolve(url, self.demo).unwrap_or_else(|| Url::parse(url).map_err(FangError::from_error))
    }
}

fn http(demo: bool) -> Result<Client, reqwest::Error> {
    // rustls needs a default provider. This fails only if one is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = ClientBuilder::new()
        .user_agent(concat!("fang-example-feeds/", env!("CARGO_PKG_VERSION")))
        .timeout(FETCH_TIMEOUT)
        .redirect(Policy::limited(MAX_REDIRECTS));
    // Loopback needs neither a proxy nor the certificates of the system.
    if demo { builder.no_proxy().tls_certs_only([]).build() } else { builder.build() }
}
