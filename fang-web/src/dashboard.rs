//! `Dashboard`: who may see it, where it is mounted, and its routes.

use crate::access::Viewer;
use crate::action::Action;
use crate::gate::{Gate, Hosts};
use crate::pages;
use crate::server::{Server, Settings};
use crate::session::Token;
use axum::Router;
use axum::http::request::Parts;
use fang_core::Task;
use fang_engine::handle::Admin;
use serde_json::Value;
use std::sync::Arc;

/// The shortest token.
const MIN_TOKEN: usize = 16;

/// A dashboard over the tasks of a store, of both modes. It needs an `Admin`, which `admin()` of an async queue
/// returns.
///
/// Only viewers with the token see a page, or those whom the check lets in. Requests have to name a host that the
/// dashboard knows: by default only `localhost`, `127.0.0.1` and `[::1]`. See [`hosts`](Self::hosts).
///
/// ```no_run
/// use fang::{AsyncBackend, AsyncQueue, NoTls};
/// use fang_web::Dashboard;
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let mut queue = AsyncQueue::new("postgres://postgres@localhost/app");
/// queue.connect(NoTls).await?;
/// let dashboard = Dashboard::with_token(queue.admin()?, &std::env::var("FANG_WEB_TOKEN")?)?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9188").await?;
/// axum::serve(listener, dashboard.routes()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Dashboard {
    admin: Admin,
    settings: Settings,
}

/// Why a dashboard could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// The token can be guessed.
    #[error("the token is shorter than 16 bytes; make a longer one, such as by `openssl rand -hex 16`")]
    ShortToken,
}

impl Dashboard {
    /// A dashboard that a token opens. People give it in a form, and get a cookie for a week. Programs send it in the
    /// header `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`DashboardError::ShortToken`] when the token has less than 16 bytes.
    pub fn with_token(admin: Admin, token: &str) -> Result<Self, DashboardError> {
        if token.len() < MIN_TOKEN {
            return Err(DashboardError::ShortToken);
        }
        Ok(Self::new(admin, Gate::Token(Token::new(token))))
    }

    /// A dashboard with a check of the application. The check runs for each request, so it should be quick. It says who
    /// the viewer is and what the viewer may do.
    ///
    /// ```
    /// use fang::{AsyncBackend, MemoryQueue};
    /// use fang_web::{Access, Dashboard, Viewer};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang::FangError> {
    /// let dashboard = Dashboard::with_check(MemoryQueue::new().admin()?, |request| {
    ///     // Set by the proxy that everyone comes through.
    ///     match request.headers.get("x-user").and_then(|user| user.to_str().ok()) {
    ///         Some(user) => Viewer::named(user, Access::ReadOnly),
    ///         None => Access::None.into(),
    ///     }
    /// });
    /// # let _ = dashboard;
    /// # Ok(()) }
    /// ```
    pub fn with_check<V: Into<Viewer>>(
        admin: Admin,
        check: impl Fn(&Parts) -> V + Send + Sync + 'static,
    ) -> Self {
        Self::new(admin, Gate::Check(Arc::new(move |parts| check(parts).into())))
    }

    fn new(admin: Admin, gate: Gate) -> Self {
        let settings = Settings {
            gate,
            hosts: Hosts::default(),
            stripped: String::new(),
            title: "fang".to_owned(),
            others: Vec::new(),
            is_read_only: false,
            redact: None,
            on_action: None,
        };
        Self { admin, settings }
    }

    /// The host names by which browsers reach this server, such as `jobs.example.com`, without ports. They are added to
    /// `localhost`, `127.0.0.1` and `[::1]`. Requests for another host are refused. So another site cannot read the
    /// pages by letting its own name resolve to this server (DNS rebinding).
    pub fn hosts<H: AsRef<str>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        hosts.into_iter().for_each(|host| self.settings.hosts.add(host.as_ref()));
        self
    }

    /// The path that a proxy removes before it passes requests on: `/ops` if browsers ask for `/ops/tasks`, and the
    /// proxy asks for `/tasks`. Defaults to none. A path under which the routes are nested needs no setting.
    pub fn base_path(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        self.settings.stripped = if path.is_empty() { String::new() } else { format!("/{path}") };
        self
    }

    /// The title of the pages, to tell several dashboards apart. Defaults to `fang`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.settings.title = title.into();
        self
    }

    /// Other dashboards, such as those of other databases, with the addresses of their first pages. Each page has links to them
    /// beside its title. Defaults to none.
    ///
    /// ```
    /// # fn with(shop: fang_web::Dashboard, billing: fang_web::Dashboard) -> axum::Router {
    /// let shop = shop.title("shop").others([("billing", "/fang/billing")]);
    /// let billing = billing.title("billing").others([("shop", "/fang/shop")]);
    /// axum::Router::new().nest_service("/fang/shop", shop.routes()).nest_service("/fang/billing", billing.routes())
    /// # }
    /// ```
    pub fn others<N: Into<String>, A: Into<String>>(
        mut self,
        others: impl IntoIterator<Item = (N, A)>,
    ) -> Self {
        self.settings.others.extend(others.into_iter().map(|(name, address)| (name.into(), address.into())));
        self
    }

    /// Shows all pages, but nobody can change anything. By default, viewers with full access can.
    pub fn read_only(mut self) -> Self {
        self.settings.is_read_only = true;
        self
    }

    /// Sets code that removes secrets from payloads before they are shown. It gets the task, and its payload to change.
    /// With it, viewers who may change nothing cannot search by payload, since a search would let them guess what was
    /// removed. Errors are shown as they are. Defaults to showing payloads as they are.
    ///
    /// ```
    /// # fn with(dashboard: fang_web::Dashboard) -> fang_web::Dashboard {
    /// dashboard.redact(|_task, payload| {
    ///     if let Some(card) = payload.get_mut("card_number") {
    ///         *card = "***".into();
    ///     }
    /// })
    /// # }
    /// ```
    pub fn redact(mut self, redact: impl Fn(&Task, &mut Value) + Send + Sync + 'static) -> Self {
        self.settings.redact = Some(Arc::new(redact));
        self
    }

    /// Sets code that is called with each action and who took it. Actions are also logged, at the level `info`, whether
    /// this is set or not. Defaults to none.
    pub fn on_action(mut self, listener: impl Fn(&Action) + Send + Sync + 'static) -> Self {
        self.settings.on_action = Some(Arc::new(listener));
        self
    }

    /// The routes. Nest them under any path, by `nest_service`: with `nest`, axum does not match the path with a slash
    /// at its end. Call this once, and clone the router: all viewers of a router share what was read from the store.
    ///
    /// # Panics
    /// The routes panic outside of a tokio runtime.
    pub fn routes(self) -> Router {
        pages::routes(Arc::new(Server::new(self.admin, self.settings)))
    }
}
