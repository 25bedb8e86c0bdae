//! Measures the peers one after the other, each in a database and a process of its own, and prints the medians as
//! Markdown. `make bench-peers` runs it against a throwaway cluster. Usage:
//! `fang-peers [--rounds N] [--json FILE] [MEASURE...] [PEER...]`.
//!
//! If a peer is not built, fails or hangs, its line in the table says so. No round begins after twelve minutes, and
//! no measurement after fifteen.

mod peer;
mod redis;
mod report;
mod versions;

use fang_bench_kit::{Error, Figures, Machine, Options};
use fang_test_support::TestDatabase;
use peer::Peer;
use std::time::{Duration, Instant};

const MEASURES: [&str; 6] = ["drain", "insert", "long-drain", "bulk", "pickup", "idle"];

/// The peers, in the order of the tables. Each is a program `peer-NAME` in the directory of this one, or a script.
const PEERS: [&str; 11] = [
    "floor",
    "fang",
    "fang-0-11",
    "riverqueue",
    "graphile",
    "apalis",
    "awa",
    "sqlxmq",
    "underway",
    "sidekiq",
    "bullmq",
];

/// These run in the first round only. Together they take most of the time, and `pickup` has many samples in one
/// round.
const ONCE: [&str; 3] = ["long-drain", "pickup", "idle"];

const LAST_ROUND: Duration = Duration::from_secs(12 * 60);
const LAST_MEASUREMENT: Duration = Duration::from_secs(14 * 60);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut options = Options::parse(std::env::args().skip(1), &[&MEASURES[..], &PEERS[..]].concat())?;
    let wanted: Vec<String> = options.parts.extract_if(.., |word| PEERS.contains(&word.as_str())).collect();
    let database = TestDatabase::create().await?;
    let machine = Machine::read(&database.client().await?).await?;
    database.drop().await?;
    let mut figures = Figures::default();
    let mut peers = Vec::new();
    for name in PEERS.into_iter().filter(|name| wanted.is_empty() || wanted.iter().any(|word| word == name)) {
        match Peer::find(name).await {
            Ok(peer) => peers.push(peer),
            Err(error) => figures.note("not measured", name, error.to_string()),
        }
    }
    let rounds = all_rounds(&peers, &options, &mut figures).await;
    report::print(&machine, &figures, &peers, &options, rounds)
}

/// Runs the rounds that there is time for. Returns their number.
async fn all_rounds(peers: &[Peer], options: &Options, figures: &mut Figures) -> usize {
    let began = Instant::now();
    // With `--long` there is no time limit.
    let is_late = |limit: Duration| !options.long && began.elapsed() > limit;
    for round in 0..options.rounds {
        if is_late(LAST_ROUND) {
            return round;
        }
        for measure in MEASURES.into_iter().filter(|measure| options.wants(measure)) {
            if round > 0 && !options.long && ONCE.contains(&measure) {
                continue;
            }
            eprintln!("round {} of {}: {measure}", round + 1, options.rounds);
            for (peer, setting) in peers.iter().flat_map(|peer| peer.settings_for(measure)) {
                let case = format!("{}: {setting}", peer.title);
                if is_late(LAST_MEASUREMENT) {
                    figures.note(measure, &case, "a round was left out for lack of time");
                    continue;
                }
                if let Err(error) = one(peer, measure, setting, &case, figures).await {
                    eprintln!("{case}: {measure}: {error}");
                    figures.note(measure, &case, error.to_string());
                }
            }
        }
    }
    options.rounds
}

async fn one(
    peer: &Peer,
    measure: &str,
    setting: &str,
    case: &str,
    figures: &mut Figures,
) -> Result<(), Error> {
    let outcome = peer.measure(measure, setting).await?;
    for (name, value) in outcome.figures {
        figures.add(measure, case, [(name.as_str(), value)]);
    }
    for note in outcome.notes {
        figures.note(measure, case, note);
    }
    Ok(())
}
