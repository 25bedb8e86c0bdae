//! `/settings`: the colours of the pages, the zone of their times, and the keyboard shortcuts.

use crate::gate::is_encrypted;
use crate::pages::login;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::taste::{COOKIE, KEYS, THEMES, Taste, ZONES};
use crate::visit::Visit;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use maud::html;

/// How long a browser remembers it.
const SECONDS: u64 = 365 * 24 * 60 * 60;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let choice = |name: &str, title: &str, words: &[(&str, &str)], now: &str| {
        html! {
            label { (title)
                select name=(name) { @for (word, text) in words { option value=(word) selected[*word == now] { (text) } } }
            }
        }
    };
    let rest = html! {
        p.faint { "For this browser." }
        form.filter method="post" action=(visit.base.to("/settings")) {
            (choice("theme", "Colours", &THEMES, visit.taste.theme))
            (choice("zone", "Times in", &ZONES, visit.taste.zone))
            (choice("keys", "Keyboard shortcuts", &KEYS, visit.taste.keys))
            button.main { "Save" }
        }
        p.faint { "Without scripts, all times are in UTC, and there are no keyboard shortcuts." }
        h2 { "Keyboard shortcuts" }
        p.faint { "They do nothing while you write into a field. Press the keys of a pair one after the other." }
        (shell::shortcuts())
    };
    Ok(shell::page(
        &visit,
        Page { title: "Settings", path: "/settings", rest: Some(rest), ..Page::default() },
    ))
}

pub(crate) async fn save(visit: Visit, headers: HeaderMap, form: Pairs) -> Response {
    let value = Taste::of(form.get("theme"), form.get("zone"), form.get("keys")).cookie();
    let secure = if is_encrypted(&headers) { "; Secure" } else { "" };
    let path = visit.base.cookie_path();
    let cookie = format!("{COOKIE}={value}; Path={path}; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}");
    login::with(visit.see("/settings", [("told", "saved")]), header::SET_COOKIE, &cookie)
}
