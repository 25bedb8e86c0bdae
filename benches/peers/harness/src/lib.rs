//! The trait that each peer implements, and the program that measures it.
//!
//! `peer-NAME list` prints the settings of the peer. `peer-NAME MEASURE SETTING URI` measures once, in the empty
//! database `URI`, and prints the figures as JSON. The runner starts a new process for each measurement.

mod drain;
mod idle;
mod insert;
mod outcome;
mod pickup;

use fang_bench_kit::Meter;
pub use fang_bench_kit::{Error, ran};
use outcome::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

/// All measurements.
pub const MEASURES: [&str; 6] = ["drain", "long-drain", "insert", "bulk", "pickup", "idle"];

/// A configuration of a peer.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// A short name.
    pub name: &'static str,
    /// The difference to the defaults, in the words of the library.
    pub text: &'static str,
    /// The number of tasks to drain. Fewer than 20,000 if those would take minutes.
    pub tasks: u64,
    /// The measurements of [`MEASURES`] to run with this setting.
    pub measures: &'static [&'static str],
}

/// A library, connected to an empty database.
pub trait Peer: Sized + Send + Sync + 'static {
    /// The name of the library in the tables.
    const NAME: &'static str;
    /// The settings to measure, the defaults first.
    const SETTINGS: &'static [Setting];
    /// An SQL expression that is true once no task waits or runs.
    const IS_DONE: &'static str;

    /// Creates the tables of the library and connects.
    fn new(uri: &str, setting: &Setting) -> impl Future<Output = Result<Self, Error>>;

    /// Inserts one task.
    fn insert(&self, number: u64) -> impl Future<Output = Result<(), Error>> + Send;

    /// Inserts many tasks in one call. Returns `false` if the library cannot do that.
    fn insert_many(&self, _numbers: Range<u64>) -> impl Future<Output = Result<bool, Error>> {
        async { Ok(false) }
    }

    /// Starts the workers.
    fn start(&self) -> impl Future<Output = Result<(), Error>>;

    /// Stops the workers, if the library can do that.
    fn stop(&self) -> impl Future<Output = Result<(), Error>>;
}

/// The payload of a task: about 60 bytes together with the name of its kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Payload {
    /// The number of the task.
    pub number: u64,
    /// Some text, as real payloads have.
    pub text: String,
}

impl Payload {
    /// Creates the payload of one task.
    pub fn new(number: u64) -> Self {
        Self { number, text: "some words so".to_owned() }
    }
}

/// The main function of a peer: `fn main() -> Result<(), harness::Error> { harness::main::<MyPeer>() }`.
///
/// # Errors
/// Any failure. The runner puts it into the table.
pub fn main<P: Peer>() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => list::<P>(),
        [measure, setting, uri] => {
            let setting = P::SETTINGS.iter().find(|known| known.name == setting).ok_or("no such setting")?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let outcome = runtime.block_on(run::<P>(measure, setting, uri))?;
            println!("{}", outcome.json());
            // Exits here, since some libraries cannot stop their workers.
            std::process::exit(0)
        }
        _ => return Err("usage: list | MEASURE SETTING URI".into()),
    }
    Ok(())
}

fn list<P: Peer>() {
    let settings: serde_json::Value = P::SETTINGS
        .iter()
        .map(|known| json!({"name": known.name, "text": known.text, "measures": known.measures}))
        .collect();
    println!("{}", json!({"name": P::NAME, "settings": settings}));
}

async fn run<P: Peer>(measure: &str, setting: &Setting, uri: &str) -> Result<Outcome, Error> {
    let (client, connection) = tokio_postgres::connect(uri, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let meter = Meter::new(client).await?;
    let peer = Arc::new(P::new(uri, setting).await?);
    match measure {
        "drain" => drain::drain(peer, &meter, setting.tasks).await,
        // Ten times as many, so that starting and ending are a small part of the time.
        "long-drain" => drain::drain(peer, &meter, setting.tasks * 10).await,
        "insert" => insert::one_by_one(peer, &meter).await,
        "bulk" => insert::bulk(&*peer, &meter).await,
        "pickup" => pickup::pickup(&*peer).await,
        "idle" => idle::idle(&*peer, &meter).await,
        other => Err(format!("{other:?} is none of {MEASURES:?}").into()),
    }
}
