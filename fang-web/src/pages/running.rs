//! `/running`: the tasks that run, with where and for how long.

use crate::look::RUNNING;
use crate::refusal::Refusal;
use crate::shell::{self, Page};
use crate::show;
use crate::visit::Visit;
use axum::response::Response;
use fang_core::store::{Running, RunningPage, WorkerInfo};
use maud::{Markup, html};
use uuid::Uuid;

pub(crate) async fn show(visit: Visit) -> Result<Response, Refusal> {
    let page = Page { title: "Running", path: "/running", ..Page::default() };
    let Some(after) = visit.query.get("after") else {
        let (stream, live) = (visit.base.with("/live", [("page", "running")]), live(&visit).await?);
        return Ok(shell::page(&visit, Page { stream: Some(stream), live: Some(live), ..page }));
    };
    let after: Uuid = after.parse().map_err(|_| Refusal::bad("this is no id of a task"))?;
    let look = visit.server.look().await?;
    let tasks = visit.server.admin.running(Some(after), RUNNING).await?;
    let rest = table(&visit, &tasks, &look.workers, look.now);
    Ok(shell::page(&visit, Page { rest: Some(rest), ..page }))
}

pub(crate) async fn live(visit: &Visit) -> Result<Markup, Refusal> {
    let look = visit.server.look().await?;
    Ok(table(visit, &look.running, &look.workers, look.now))
}

fn table(
    visit: &Visit,
    page: &RunningPage,
    workers: &[WorkerInfo],
    now: chrono::DateTime<chrono::Utc>,
) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Running tasks" {
            table {
                thead { tr { @for title in ["Kind", "Task type", "Since", "Retries", "Worker", "Host"] { th scope="col" { (title) } } } }
                tbody {
                    @for Running { task, worker, since, .. } in &page.tasks {
                        tr {
                            th scope="row" {
                                a href=(visit.base.to(&format!("/tasks/{}", task.id))) { bdi { (show::shortened(task.kind().unwrap_or("?"), 60)) } }
                                div.faint.id { (task.id) }
                            }
                            td { bdi { (show::visible(&task.task_type)) } }
                            td { (show::ago(*since, now)) }
                            td.n { (task.retries) }
                            td { @if let Some(worker) = worker { (worker) } @else { "?" } }
                            td { bdi { (host(*worker, workers)) } }
                        }
                    }
                    @if page.tasks.is_empty() { tr { td.faint colspan="6" { "No row says that it runs." } } }
                }
            }
        }
        p.faint { "Short tasks may run without a change of their rows while many wait. They are not in this list." }
        @if let Some(next) = page.next {
            p.pages { a rel="next" href=(visit.base.with("/running", [("after", next.to_string().as_str())])) { "Next page" } }
        }
    }
}

fn host(worker: Option<fang_core::store::WorkerId>, workers: &[WorkerInfo]) -> String {
    let found = workers.iter().find(|one| Some(one.id) == worker);
    found.map_or_else(String::new, |worker| show::visible(&worker.host))
}
