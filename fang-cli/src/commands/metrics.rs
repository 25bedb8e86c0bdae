//! `fang metrics`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::server::Server;
use clap::Args;
use fang_core::operator::span;
use fang_observe::{Metrics, metrics_routes};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The address to answer GET /metrics at. Other hosts can connect only if it is not a loopback address:
    /// 0.0.0.0:9187, for example. There is no access control.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9187")]
    listen: SocketAddr,
    /// How long an answer of the database is reused before it is asked again. Failed tasks and sizes of tables are
    /// asked for every sixth time.
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = span::parse)]
    fresh_for: Duration,
}

/// Tells where it listens, and serves until SIGTERM or Ctrl-C.
pub(crate) async fn run(database: &Database, arguments: &Arguments, json: bool) -> Result<Answer, Failure> {
    let server = Server::listen(arguments.listen).await?;
    let url = server.url("/metrics");
    Answer::new(json!({ "url": url }), format!("serving {url}"))?.print(json);
    let metrics = Metrics::new(database.admin.clone()).fresh_for(arguments.fresh_for);
    server.serve(metrics_routes(metrics)).await
}
