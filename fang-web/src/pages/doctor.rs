//! `/doctor`: what will hurt, and what to do.

use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show::visible;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::store::{Finding, Severity};
use maud::html;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let found = visit.server.findings().await?;
    let rest = html! {
        @if found.is_empty() { p.good-box { "Nothing was found that will hurt." } }
        @for Finding { code, severity, what, what_to_do, .. } in found.iter() {
            section.finding {
                h2 {
                    span class={ "badge " (if *severity == Severity::Error { "bad" } else { "waits" }) } { (severity.as_str()) }
                    " " (code)
                }
                p { bdi { (visible(what)) } }
                p { strong { "To do: " } bdi { (visible(what_to_do)) } }
            }
        }
    };
    Ok(shell::page(&visit, Page { title: "Doctor", path: "/doctor", rest: Some(rest), ..Page::default() }))
}
