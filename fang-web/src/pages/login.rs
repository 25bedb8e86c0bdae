//! The form for the token, and the cookie that stands for it.

use crate::access::Access;
use crate::gate::{COOKIE, Gate, is_encrypted};
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::session::LIFE;
use crate::shell;
use crate::visit::Visit;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use maud::html;

/// The form, for a viewer who is not known. It leads to the page that was asked for.
pub(crate) fn form(visit: &Visit, parts: &Parts, wrong: Option<&str>) -> Response {
    let is_page = parts.method == Method::GET && parts.uri.path() != "/live";
    let wanted = parts.uri.path_and_query().filter(|_| is_page).map_or("/", |path| path.as_str());
    let response = show(visit, wanted, wrong);
    with(response, header::WWW_AUTHENTICATE, "Bearer")
}

fn show(visit: &Visit, wanted: &str, wrong: Option<&str>) -> Response {
    let inner = html! {
        h1 { "Log in" }
        @if let Some(wrong) = wrong { p.bad-box role="alert" { (wrong) } }
        form.login method="post" action=(visit.base.to("/login")) {
            input type="hidden" name="to" value=(wanted);
            label {
                "Your name, for the log of actions (optional)"
                input type="text" name="name" maxlength="60" autocomplete="username";
            }
            label { "Token" input type="password" name="token" required autocomplete="current-password" autofocus; }
            button.main { "Log in" }
        }
    };
    shell::outside(visit, StatusCode::UNAUTHORIZED, &inner)
}

pub(crate) async fn log_in(visit: Visit, headers: HeaderMap, form: Pairs) -> Result<Response, Refusal> {
    let Gate::Token(token) = &visit.server.settings.gate else {
        return Err(Refusal::not_found("there is no such page"));
    };
    let wanted = form.get("to").filter(|to| is_own(to)).unwrap_or("/");
    if !form.get("token").is_some_and(|given| token.is(given)) {
        log::warn!("a wrong token was given to the dashboard");
        return Ok(show(&visit, wanted, Some("This is not the token.")));
    }
    let name = form.get("name").unwrap_or_default();
    let now = u64::try_from(Utc::now().timestamp()).unwrap_or_default();
    let value = token.cookie(name, now);
    visit.server.tell(if name.is_empty() { "token" } else { name }, "log in", "");
    Ok(with(visit.see(wanted, []), header::SET_COOKIE, &cookie(&visit, &headers, &value, LIFE.as_secs())))
}

pub(crate) async fn log_out(visit: Visit, headers: HeaderMap) -> Response {
    if visit.viewer.access != Access::None {
        visit.tell("log out", "");
    }
    with(visit.see("/", []), header::SET_COOKIE, &cookie(&visit, &headers, "", 0))
}

/// Whether this is a page of the dashboard, and no address of another host.
pub(crate) fn is_own(path: &str) -> bool {
    path.starts_with('/') && !path.contains("//") && !path.contains(|c: char| c == '\\' || c.is_control())
}

fn cookie(visit: &Visit, headers: &HeaderMap, value: &str, seconds: u64) -> String {
    let secure = if is_encrypted(headers) { "; Secure" } else { "" };
    let path = visit.base.cookie_path();
    format!("{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The response with a header. A value that no header may have is left out.
pub(super) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
    response.into_response()
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn a_login_leads_to_no_other_host() {
        assert!(is_own("/") && is_own("/tasks?kind=a%2F%2Fb"));
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a//b", "/a\r\nb"] {
            assert!(!is_own(path), "{path:?}");
        }
    }
}
