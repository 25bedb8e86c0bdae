//! `/log`: the last actions that this process took.

use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use maud::html;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let (now, actions) = (visit.server.now().await?, visit.server.journal.all());
    let rest = html! {
        p.faint { "The last 500 actions that were taken in this process. The log of the process has them all." }
        div.wide tabindex="0" role="region" aria-label="Actions" {
            table {
                thead { tr { @for title in ["When", "Who", "Action", "Target"] { th scope="col" { (title) } } } }
                tbody {
                    @for (at, action) in &actions {
                        tr {
                            td { (show::ago(*at, now)) }
                            td { bdi { (show::visible(&action.who)) } }
                            td { (action.verb) }
                            td { bdi { (show::shortened(&action.target, 120)) } }
                        }
                    }
                    @if actions.is_empty() { tr { td.faint colspan="4" { "No action was taken." } } }
                }
            }
        }
    };
    Ok(shell::page(
        &visit,
        Page { title: "Log of actions", path: "/log", rest: Some(rest), ..Page::default() },
    ))
}
