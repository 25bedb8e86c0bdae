//! A peer: the program that measures one library.

use fang_bench_kit::Error;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The time limit of a measurement. A peer that exceeds it hangs.
const AT_MOST: Duration = Duration::from_secs(100);

/// The number of characters of an error that a table shows.
const SHOWN: usize = 200;

pub(crate) struct Peer {
    program: PathBuf,
    pub(crate) package: &'static str,
    pub(crate) title: String,
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
    pub(crate) async fn find(package: &'static str) -> Result<Self, Error> {
        let program = std::env::current_exe()?.with_file_name(format!("peer-{package}"));
        if !program.exists() {
            return Err("was not built: see what cargo said above".into());
        }
        let list = answer(&program, &["list"]).await?;
        let settings =
            list["settings"].as_array().ok_or("it names no settings")?.iter().map(|known| Setting {
                name: text(&known["name"]),
                text: text(&known["text"]),
                measures: known["measures"].as_array().into_iter().flatten().map(text).collect(),
            });
        Ok(Self { package, title: text(&list["name"]), settings: settings.collect(), program })
    }

    /// The names of the settings for this measurement.
    pub(crate) fn settings_for<'a>(&'a self, measure: &'a str) -> impl Iterator<Item = (&'a Self, &'a str)> {
        let fits = move |setting: &&Setting| setting.measures.iter().any(|known| known == measure);
        self.settings.iter().filter(fits).map(move |setting| (self, setting.name.as_str()))
    }

    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Measures once in an empty database.
    pub(crate) async fn measure(&self, measure: &str, setting: &str, uri: &str) -> Result<Outcome, Error> {
        let outcome = answer(&self.program, &[measure, setting, uri]).await?;
        let figure = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_f64()?));
        Ok(Outcome {
            figures: outcome["figures"].as_array().into_iter().flatten().filter_map(figure).collect(),
            notes: outcome["notes"].as_array().into_iter().flatten().map(text).collect(),
        })
    }
}

/// Runs a program and parses the last line of its output as JSON.
async fn answer(program: &Path, words: &[&str]) -> Result<Value, Error> {
    let mut child = Command::new(program);
    child.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let running = child.output();
    let output = tokio::time::timeout(AT_MOST, running)
        .await
        .map_err(|_| format!("hung, and was ended after {} s", AT_MOST.as_secs()))??;
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
