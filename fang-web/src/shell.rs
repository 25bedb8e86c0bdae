//! The frame of all pages.

use crate::gate::Gate;
use crate::keys;
use crate::refusal::Refusal;
use crate::show::visible;
use crate::visit::Visit;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The pages of the menu, and the letters of their shortcuts.
const MENU: [(&str, &str, &str); 9] = [
    ("/", "Overview", "o"),
    ("/tasks", "Tasks", "t"),
    ("/running", "Running", "r"),
    ("/errors", "Errors", "e"),
    ("/types", "Types", "y"),
    ("/kinds", "Kinds", "k"),
    ("/workers", "Workers", "w"),
    ("/crons", "Crons", "c"),
    ("/doctor", "Doctor", "d"),
];

/// The pages that are needed less often.
const LESS: [(&str, &str, &str); 2] = [("/log", "Log", "l"), ("/settings", "Settings", "s")];

/// The keyboard shortcuts, as the settings and a dialog of each page tell them.
pub(crate) fn shortcuts() -> Markup {
    keys::list(MENU.into_iter().chain(LESS).map(|(_, name, letter)| (name, letter)))
}

/// A page: what stands in the frame.
#[derive(Default)]
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// Its place in the menu.
    pub(crate) path: &'a str,
    /// The address of the stream that keeps `live` fresh.
    pub(crate) stream: Option<String>,
    /// What changes by itself.
    pub(crate) live: Option<Markup>,
    /// What does not.
    pub(crate) rest: Option<Markup>,
    /// Whether a browser without scripts should load the page again and again.
    pub(crate) reloads: bool,
}

/// Shows a page.
pub(crate) fn page(visit: &Visit, page: Page<'_>) -> Response {
    let Page { title, path, stream, live, rest, reloads } = page;
    let inner = html! {
        @if let Some(told) = told(visit) { p.told role="status" { (told) } }
        h1 { (title) @if stream.is_some() { " " span #state.faint aria-live="off" {} } }
        @if let Some(live) = live { div #live data-stream=[stream] { (live) } }
        @if let Some(rest) = rest { (rest) }
    };
    framed(visit, title, Some(path), &inner, reloads).into_response()
}

/// Shows why a request was refused.
pub(crate) fn refused(visit: &Visit, refusal: &Refusal) -> Response {
    let title = refusal.status.canonical_reason().unwrap_or("Refused");
    let inner = html! {
        h1 { (title) }
        p.bad-box role="alert" { (visible(&refusal.reason)) }
        p { a href=(visit.base.to("/")) { "Overview" } }
    };
    let is_in = visit.viewer.access != crate::access::Access::None;
    (refusal.status, framed(visit, title, is_in.then_some(""), &inner, false)).into_response()
}

/// A page for those who are not let in yet.
pub(crate) fn outside(visit: &Visit, status: StatusCode, inner: &Markup) -> Response {
    (status, framed(visit, "Log in", None, inner, false)).into_response()
}

/// A page without a menu if `path` is `None`.
fn framed(visit: &Visit, title: &str, path: Option<&str>, inner: &Markup, reloads: bool) -> Html<String> {
    let (base, name) = (&visit.base, &visit.server.settings.title);
    let asset = |path: &str| base.with(path, [("v", env!("CARGO_PKG_VERSION"))]);
    let page = html! {
        (DOCTYPE)
        html lang="en" data-theme=(visit.taste.theme) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(visit.taste.schemes());
                @if reloads { noscript { meta http-equiv="refresh" content="2"; } }
                title { (title) " · " (name) }
                link rel="icon" href=(asset("/icon.svg"));
                link rel="stylesheet" href=(asset("/style.css"));
                script src=(asset("/live.js")) defer {}
                @if visit.taste.has_keys() { script src=(asset("/keys.js")) defer {} }
            }
            body data-now=(visit.server.clock.now().timestamp_millis()) data-zone=(visit.taste.zone) {
                a.skip href="#main" { "Skip to the content" }
                header {
                    a.name href=(base.to("/")) { (name) }
                    @if let Some(path) = path { (others(visit)) (menu(visit, path)) }
                }
                main #main { (inner) }
                @if visit.taste.has_keys() {
                    dialog #keys aria-labelledby="keys-title" { h2 #keys-title { "Keyboard shortcuts" } (shortcuts()) }
                }
            }
        }
    };
    Html(page.into_string())
}

/// Links to other dashboards.
fn others(visit: &Visit) -> Markup {
    let others = &visit.server.settings.others;
    html! {
        @if !others.is_empty() {
            nav.others aria-label="Other dashboards" {
                @for (name, address) in others { a href=(address) { bdi { (visible(name)) } } }
            }
        }
    }
}

fn menu(visit: &Visit, path: &str) -> Markup {
    html! {
        nav aria-label="Pages" {
            @for (of, name, letter) in MENU {
                a href=(visit.base.to(of)) data-key=(letter) aria-current=[(of == path).then_some("page")] { (name) }
            }
            @if !visit.server.bulk.is_empty() {
                a href=(visit.base.to("/changes")) aria-current=[(path == "/changes").then_some("page")] { "Changes" }
            }
            @for (of, name, letter) in LESS {
                a.less href=(visit.base.to(of)) data-key=(letter) aria-current=[(of == path).then_some("page")] { (name) }
            }
        }
        @if matches!(visit.server.settings.gate, Gate::Token(_)) {
            form.logout method="post" action=(visit.base.to("/logout")) { button { "Log out" } }
        } @else if !visit.may_act() {
            span.faint { "read-only" }
        }
    }
}

/// What an action before has done. Only these words: an address may come from anyone.
fn told(visit: &Visit) -> Option<&'static str> {
    const TOLD: [(&str, &str); 19] = [
        ("saved", "Saved."),
        ("changed", "The task was changed."),
        ("unchanged", "Nothing was changed: the task has just changed, or does not suit."),
        ("removed", "The task was removed."),
        ("paused", "Paused."),
        ("resumed", "Resumed."),
        ("already", "Nothing was changed: it was so already."),
        ("all-asked", "All workers were asked."),
        ("asked", "The worker was asked."),
        ("ran", "A task of the cron was inserted."),
        ("cron-removed", "The cron was removed."),
        ("added", "The cron was added."),
        ("edited", "The cron was saved."),
        ("inserted", "The task was inserted."),
        ("duplicate", "Nothing was inserted: this task is a duplicate that keeps it out."),
        ("replaced", "Nothing was inserted: this task waited already, and was changed."),
        ("stopping", "The change stops after its batch."),
        ("retried", "The task is due now."),
        ("cancelled", "The task was cancelled, or asked to end."),
    ];
    let told = visit.query.get("told")?;
    TOLD.into_iter().find(|(word, _)| *word == told).map(|(_, text)| text)
}
