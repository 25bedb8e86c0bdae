//! `/live`: the parts of pages that change by themselves, as server-sent events.

use crate::pages::{change, crons, errors, kinds, overview, running, task, types, workers};
use crate::refusal::Refusal;
use crate::server::MAX_STREAMS;
use crate::visit::Visit;
use axum::http::HeaderName;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use maud::Markup;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// How often a stream looks whether there is something new. All streams share the looks at the store.
const STEP: Duration = Duration::from_secs(1);
/// Streams end so that browsers come again, and show that they still may.
const LIFE: Duration = Duration::from_secs(600);

/// A live part of a page, as it is now.
pub(crate) async fn part(visit: &Visit) -> Result<Markup, Refusal> {
    match visit.query.get("page") {
        Some("overview") => overview::live(visit).await,
        Some("types") => types::live(visit).await,
        Some("kinds") => kinds::live(visit).await,
        Some("workers") => workers::live(visit).await,
        Some("running") => running::live(visit).await,
        Some("task") => task::live(visit).await,
        Some("errors") => errors::live(visit).await,
        Some("crons") => crons::live(visit).await,
        Some("change") => change::progress::live(visit),
        _ => Err(Refusal::not_found("this page has no live part")),
    }
}

struct Stream {
    visit: Visit,
    told: String,
    opened: Instant,
    _permit: OwnedSemaphorePermit,
}

/// Sends the live part of a page, and again whenever it has changed.
pub(crate) async fn stream(visit: Visit) -> Result<Response, Refusal> {
    let permit = visit.server.streams.clone().try_acquire_owned();
    let full = format!("{MAX_STREAMS} live pages are open already; this one does not change by itself");
    let permit = permit.map_err(|_| Refusal::away(full))?;
    part(&visit).await?;
    let first = Stream { visit, told: String::new(), opened: Instant::now(), _permit: permit };
    // Without it, nginx keeps events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(unfold(first, next))).into_response())
}

async fn next(mut stream: Stream) -> Option<(Result<Event, Infallible>, Stream)> {
    if stream.opened.elapsed() > LIFE {
        return None;
    }
    if !stream.told.is_empty() {
        tokio::time::sleep(STEP).await;
    }
    let event = match part(&stream.visit).await {
        Ok(part) => {
            let part = part.into_string().replace('\r', "");
            let still = without_times(&part);
            // A comment finds out whether the browser is still there.
            let event = if still == stream.told {
                Event::default().comment("")
            } else {
                let now = stream.visit.server.clock.now().timestamp_millis();
                Event::default().data(&part).id(now.to_string())
            };
            stream.told = still;
            event
        }
        Err(refusal) => {
            stream.told = " ".to_owned();
            Event::default().event("away").data(crate::show::visible(&refusal.reason).replace('\n', " "))
        }
    };
    Some((Ok(event), stream))
}

/// The part without the texts of its times, which the script counts on by itself.
fn without_times(part: &str) -> String {
    let cut = |piece: &str| {
        let time = piece.rfind("<time ")?;
        let end = time + piece[time..].find('>')?;
        Some(piece[..=end].to_owned())
    };
    let pieces = part.split_inclusive("</time>");
    pieces
        .map(|piece| {
            if piece.ends_with("</time>") { cut(piece) } else { None }.unwrap_or_else(|| piece.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::without_times;

    #[test]
    fn a_part_whose_times_alone_go_on_is_not_sent_again() {
        let part = |ago: &str, kind: &str| {
            format!(
                "<td><time datetime=\"2027\" title=\"b\">{ago}</time></td><td>{kind}</td><time datetime=\"2028\">{ago}</time>."
            )
        };
        assert_eq!(without_times(&part("3s ago", "Mail")), without_times(&part("4s ago", "Mail")));
        assert_ne!(without_times(&part("3s ago", "Mail")), without_times(&part("3s ago", "Bill")));
        assert_eq!(without_times("no <b>times</b>"), "no <b>times</b>");
    }
}
