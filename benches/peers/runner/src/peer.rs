//! A peer: the program that measures one library.

use crate::redis::Redis;
use crate::versions::version;
use fang_bench_kit::Error;
use fang_test_support::TestDatabase;
use serde_json::Value;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The time limit of a measurement. A peer that exceeds it hangs.
const AT_MOST: Duration = Duration::from_secs(100);

/// The number of characters of an error that a table shows.
const SHOWN: usize = 200;

/// The peers in other languages, which keep their jobs in Redis: the name, the interpreter and the script.
const IN_REDIS: [(&str, &str, &str); 2] = [
    ("sidekiq", "ruby", concat!(env!("CARGO_MANIFEST_DIR"), "/../redis/sidekiq.rb")),
    ("bullmq", "node", concat!(env!("CARGO_MANIFEST_DIR"), "/../redis/bullmq.js")),
];

pub(crate) struct Peer {
    command: Vec<OsString>,
    is_in_redis: bool,
    pub(crate) title: String,
    pub(crate) version: String,
    settings: Vec<Setting>,
}

pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) text: String,
    measures: Vec<String>,
}

pub(crate) struct Outcome {
    pub(crate) figures: Vec<(String, f64)>,
    pub(crate) notes: Vec<String>,
}

impl Peer {
    /// Finds the program of a peer and reads its settings.
    pub(crate) async fn find(package: &str) -> Result<Self, Error> {
        let script = IN_REDIS.iter().find(|(name, ..)| *name == package);
        let command = match script {
            Some((_, interpreter, script)) => vec![interpreter.into(), script.into()],
            None => vec![std::env::current_exe()?.with_file_name(format!("peer-{package}")).into()],
        };
        let list = answer(&command, &["list"]).await?;
        let settings =
            list["settings"].as_array().ok_or("it names no settings")?.iter().map(|known| Setting {
                name: text(&known["name"]),
                text: text(&known["text"]),
                measures: known["measures"].as_array().into_iter().flatten().map(text).collect(),
            });
        Ok(Self {
            is_in_redis: script.is_some(),
            title: text(&list["name"]),
            version: list["version"].as_str().map_or_else(|| version(package), str::to_owned),
            settings: settings.collect(),
            command,
        })
    }

    /// The names of the settings for this measurement.
    pub(crate) fn settings_for<'a>(&'a self, measure: &'a str) -> impl Iterator<Item = (&'a Self, &'a str)> {
        let fits = move |setting: &&Setting| setting.measures.iter().any(|known| known == measure);
        self.settings.iter().filter(fits).map(move |setting| (self, setting.name.as_str()))
    }

    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Measures once in an empty database, or with an empty Redis.
    pub(crate) async fn measure(&self, measure: &str, setting: &str) -> Result<Outcome, Error> {
        if self.is_in_redis {
            let redis = Redis::start(setting).await?;
            let outcome = self.measure_in(measure, setting, &redis.uri()).await;
            redis.stop().await?;
            return outcome;
        }
        let database = TestDatabase::create().await?;
        let outcome = self.measure_in(measure, setting, database.uri()).await;
        database.drop().await?;
        outcome
    }

    async fn measure_in(&self, measure: &str, setting: &str, uri: &str) -> Result<Outcome, Error> {
        let outcome = answer(&self.command, &[measure, setting, uri]).await?;
        let figure = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_f64()?));
        Ok(Outcome {
            figures: outcome["figures"].as_array().into_iter().flatten().filter_map(figure).collect(),
            notes: outcome["notes"].as_array().into_iter().flatten().map(text).collect(),
        })
    }
}

/// Runs a program and parses the last line of its output as JSON.
async fn answer(command: &[OsString], words: &[&str]) -> Result<Value, Error> {
    let (program, script) = command.split_first().ok_or("no command")?;
    let mut child = Command::new(program);
    child
        .args(script)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let running = child.output();
    let output = tokio::time::timeout(AT_MOST, running)
        .await
        .map_err(|_| format!("hung, and was ended after {} s", AT_MOST.as_secs()))?
        .map_err(|error| format!("{}: {error}; see what was said above", program.display()))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().last().unwrap_or_default();
        return Err(format!("{}: {}", output.status, last.chars().take(SHOWN).collect::<String>()).into());
    }
    let printed = String::from_utf8(output.stdout)?;
    Ok(serde_json::from_str(printed.trim().lines().last().ok_or("it printed nothing")?)?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
