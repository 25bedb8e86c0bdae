//! What each peer implements, and the program that measures it.
//!
//! `peer-NAME list` prints its settings; `peer-NAME MEASURE SETTING URI` measures once, in the empty
//! database `URI`, and prints the figures as JSON. The runner starts it for each measurement anew.

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
pub const MEASURES: [&str; 5] = ["drain", "insert", "bulk", "pickup", "idle"];

/// A way to use a peer.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// A short name for it.
    pub name: &'static str,
    /// What differs from the defaults, in the words of the library.
    pub text: &'static str,
    /// How many tasks to drain: fewer where 20,000 would take minutes.
    pub tasks: u64,
    /// Which of [`MEASURES`] make sense with it.
    pub measures: &'static [&'static str],
}

/// A library, connected to an empty database.
pub trait Peer: Sized + Send + Sync + 'static {
    /// Its name in the tables.
    const NAME: &'static str;
    /// What it may be used with: its defaults first.
    const SETTINGS: &'static [Setting];
    /// An SQL expression that is true once no task waits or runs.
    const IS_DONE: &'static str;

    /// Creates its tables and connects.
    fn new(uri: &str, setting: &Setting) -> impl Future<Output = Result<Self, Error>>;

    /// Inserts one task.
    fn insert(&self, number: u64) -> impl Future<Output = Result<(), Error>> + Send;

    /// Inserts many in one call; false where the library cannot.
    fn insert_many(&self, _numbers: Range<u64>) -> impl Future<Output = Result<bool, Error>> {
        async { Ok(false) }
    }

    /// Starts its workers.
    fn start(&self) -> impl Future<Output = Result<(), Error>>;

    /// Stops them, where the library can.
    fn stop(&self) -> impl Future<Output = Result<(), Error>>;
}

/// What a task carries: about 60 bytes with the name of its kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Payload {
    /// Which one it is.
    pub number: u64,
    /// So that it is not all numbers.
    pub text: String,
}

impl Payload {
    /// The payload of one task.
    pub fn new(number: u64) -> Self {
        Self { number, text: "some words so".to_owned() }
    }
}

/// The program: `fn main() -> Result<(), harness::Error> { harness::main::<MyPeer>() }`.
///
/// # Errors
/// Whatever goes wrong; the runner puts it into the table.
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
            // Workers that cannot be stopped must not keep the process.
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
        "insert" => insert::one_by_one(peer, &meter).await,
        "bulk" => insert::bulk(&*peer, &meter).await,
        "pickup" => pickup::pickup(&*peer).await,
        "idle" => idle::idle(&*peer, &meter).await,
        other => Err(format!("{other:?} is none of {MEASURES:?}").into()),
    }
}
