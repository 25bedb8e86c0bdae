//! `fang bench`

mod noop;
mod run;

use crate::answer::Answer;
use crate::connect::{Place, is_encrypted, roots};
use crate::failure::Failure;
use crate::interrupt::interrupt;
use clap::Args;
use fang_asynk::testing::connections_with;
use fang_asynk::{NoTls, TlsConnector};
use fang_core::QueueError;
use fang_core::operator::span::precise;
use fang_postgres::test_schema::{PREFIX, keep};
use run::Figures;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many tasks are inserted and run.
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    tasks: u32,
    /// How many of them run at the same time.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    workers: u32,
}

pub(crate) async fn run(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    if place.is_pooled() {
        return Err(Failure::new("bench needs sessions of its own; connect to the server itself"));
    }
    let uri = place.uri()?;
    let figures = match is_encrypted(uri) {
        true => measure(uri, roots()?, arguments).await,
        false => measure(uri, NoTls, arguments).await,
    }?;
    told(arguments, &figures)
}

/// Measures in a schema that is dropped afterwards, also after an error or an interrupt. One that a killed command
/// leaves behind is dropped by a later one.
async fn measure<Tls: TlsConnector>(uri: &str, tls: Tls, arguments: &Arguments) -> Result<Figures, Failure> {
    let schema = format!("{PREFIX}bench_{}", Uuid::now_v7().simple());
    let connections = connections_with(uri, tls.clone())?;
    let (made, is_made) = oneshot::channel::<()>();
    let (over, is_over) = oneshot::channel::<()>();
    let made = move || made.send(()).unwrap_or_default();
    let kept = keep(&connections, &schema, made, async { is_over.await.unwrap_or_default() });
    let work = async {
        // If the schema could not be made, the other side says why.
        is_made.await.ok()?;
        let figures = tokio::select! {
            () = interrupt() => Err(Failure::new("interrupted; the schema of the bench was dropped")),
            figures = run::figures(uri, tls, &schema, arguments.tasks, arguments.workers) => figures,
        };
        drop(over);
        Some(figures)
    };
    let (kept, figures) = tokio::join!(kept, work);
    kept.map_err(QueueError::from)?;
    figures.unwrap_or_else(|| Err(Failure::new("the schema of the bench was not made; try again")))
}

fn told(arguments: &Arguments, figures: &Figures) -> Result<Answer, Failure> {
    let Arguments { tasks, workers } = arguments;
    let Figures { inserts, runs, pickup_p50, pickup_p99 } = figures;
    let fields = json!({
        "tasks": tasks,
        "workers": workers,
        "inserts_per_second": inserts,
        "tasks_per_second": runs,
        "pickup_p50_seconds": pickup_p50.as_secs_f64(),
        "pickup_p99_seconds": pickup_p99.as_secs_f64(),
    });
    let plain = format!(
        "inserts  {inserts:.0} per second ({tasks} tasks, 1000 in a call)\n\
         tasks    {runs:.0} per second ({workers} at a time)\n\
         pickup   {} p50, {} p99 (from the call that inserts a task to its run, in an idle pool)",
        precise(*pickup_p50),
        precise(*pickup_p99)
    );
    Answer::new(fields, plain)
}
