//! `fang web`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::server::Server;
use clap::Args;
use fang_web::{Dashboard, DashboardError};
use serde_json::json;
use std::net::SocketAddr;
use uuid::Uuid;

/// How many connections pages share: one that takes long should not keep the others.
pub(crate) const CONNECTIONS: u32 = 3;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The address to listen at. Other hosts can connect only if it is not a loopback address: 0.0.0.0:9188, for
    /// example. Put a proxy with TLS before it then.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9188")]
    listen: SocketAddr,
    /// The token that opens the dashboard, of 16 bytes or more. Better in the environment, since other users of the
    /// machine can read arguments. By default, the command makes one up and prints it.
    #[arg(long, env = "FANG_WEB_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A name by which browsers know this server, such as jobs.example.com. May be given several times. Requests for
    /// other names than these, localhost, 127.0.0.1, [::1] and the address of --listen are refused.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The path that a proxy removes before it passes requests on.
    #[arg(long, value_name = "PATH", default_value = "")]
    base_path: String,
    /// The title of the pages.
    #[arg(long, default_value = "fang")]
    title: String,
    /// Another dashboard, such as that of another database: its name and its address, as in
    /// billing=https://jobs.example.com/billing or billing=/billing. Each page has a link to it. May be given several
    /// times.
    #[arg(long = "other", value_name = "NAME=URL", value_parser = other)]
    others: Vec<(String, String)>,
    /// Show all pages, but let nobody change anything.
    #[arg(long)]
    read_only: bool,
}

/// The name and the address of another dashboard.
fn other(text: &str) -> Result<(String, String), String> {
    let (name, address) = text.split_once('=').unwrap_or_default();
    let is_address = ["http://", "https://", "/"].iter().any(|start| address.starts_with(start));
    match !name.is_empty() && is_address {
        true => Ok((name.to_owned(), address.to_owned())),
        false => {
            Err("write a name and an address, such as billing=https://jobs.example.com/billing".to_owned())
        }
    }
}

impl Arguments {
    /// The token that was given. An empty variable of the environment gives none.
    fn given(&self) -> Option<&str> {
        self.token.as_deref().filter(|token| !token.is_empty())
    }
}

/// Tells where it listens, and serves until SIGTERM or Ctrl-C.
pub(crate) async fn run(database: &Database, arguments: &Arguments, json: bool) -> Result<Answer, Failure> {
    let made_up = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let token = arguments.given().unwrap_or(&made_up);
    let dashboard = Dashboard::with_token(database.admin.clone(), token).map_err(|error| match error {
        DashboardError::ShortToken => Failure::new(format!("{error}; give it as FANG_WEB_TOKEN")),
        other => Failure::new(other.to_string()),
    })?;
    let dashboard = dashboard.hosts(&arguments.hosts).base_path(&arguments.base_path).title(&arguments.title);
    let dashboard = dashboard.others(arguments.others.iter().cloned());
    let dashboard = if arguments.read_only { dashboard.read_only() } else { dashboard };
    let dashboard = match arguments.listen {
        SocketAddr::V4(listen) if !listen.ip().is_unspecified() => dashboard.hosts([listen.ip().to_string()]),
        SocketAddr::V6(listen) if !listen.ip().is_unspecified() => {
            dashboard.hosts([format!("[{}]", listen.ip())])
        }
        _ => dashboard,
    };
    let server = Server::listen(arguments.listen).await?;
    let url = server.url("/");
    // A token that was given is not repeated where it might be logged.
    let shown = arguments.given().is_none().then_some(&made_up);
    let line = shown.map_or_else(String::new, |token| format!("\ntoken {token}"));
    Answer::new(json!({ "url": url, "token": shown }), format!("serving {url}{line}"))?.print(json);
    server.serve(dashboard.routes()).await
}
