//! Runs over a window, by task type or by kind: charts, and a table of rates.

use crate::chart::charts;
use crate::history::{History, Window};
use crate::look::Look;
use crate::refusal::Refusal;
use crate::show;
use crate::visit::Visit;
use fang_core::store::By;
use maud::{Markup, html};

/// The words of a page for task types or for kinds.
struct Words {
    path: &'static str,
    /// The name in the address.
    field: &'static str,
    one: &'static str,
    many: &'static str,
}

impl Words {
    fn of(by: By) -> Self {
        match by {
            By::TaskType => Self { path: "/", field: "type", one: "task type", many: "task types" },
            By::Kind => Self { path: "/kinds", field: "kind", one: "kind", many: "kinds" },
        }
    }
}

/// The charts of the window and of the task type or kind that the address names, and the rates of all.
pub(crate) async fn runs(visit: &Visit, by: By, look: &Look) -> Result<Markup, Refusal> {
    let words = Words::of(by);
    let wanted = Window::read(visit.query.get("window"));
    let history = visit.server.history(by, wanted, look.names(by)).await?;
    let chosen = visit.query.get(words.field);
    Ok(html! {
        h2 { "Runs of " @match chosen { Some(name) => { bdi { (show::visible(name)) } }, None => { "all " (words.many) } } }
        (windows(visit, &words, chosen, history.window))
        @if wanted != history.window {
            p.faint { "There are too many " (words.many) " for a longer history." }
        }
        (charts(&history, chosen))
        (rates(visit, &words, &history))
    })
}

fn windows(visit: &Visit, words: &Words, chosen: Option<&str>, window: Window) -> Markup {
    let to = |window: Window| {
        let pairs = [("window", window.word())].into_iter().chain(chosen.map(|name| (words.field, name)));
        visit.base.with(words.path, pairs)
    };
    html! {
        p.choices {
            @for one in Window::ALL {
                a href=(to(one)) aria-current=[(one == window).then_some("true")] { (one.word()) } " "
            }
            @if chosen.is_some() { a href=(visit.base.with(words.path, [("window", window.word())])) { "all " (words.many) } }
        }
    }
}

fn rates(visit: &Visit, words: &Words, history: &History) -> Markup {
    let to = |name| visit.base.with(words.path, [("window", history.window.word()), (words.field, name)]);
    let counts = ["Started", "Finished", "Retried", "Failed"];
    html! {
        div.wide tabindex="0" role="region" aria-label="Rates" {
            table {
                caption { "Runs a second since " (show::utc(history.from)) ", by " (words.one) ", how long they took and tasks waited" }
                thead { tr {
                    th scope="col" { (show::capital(words.one)) }
                    @for title in counts.into_iter().chain(show::QUANTILES) { th.n scope="col" { (title) } }
                } }
                tbody {
                    @for rate in &history.rates {
                        tr {
                            th scope="row" { a href=(to(&rate.name)) { bdi { (show::visible(&rate.name)) } } }
                            @for value in [rate.started, rate.finished, rate.retried, rate.failed] { td.n { (show::rate(value)) } }
                            @for span in show::quantiles(rate) { td.n { (show::precise(span)) } }
                        }
                    }
                    @if history.rates.is_empty() { tr { td.faint colspan="11" { "Nothing ran." } } }
                }
            }
        }
    }
}
