//! The options of the command line.

const USAGE: &str = "[--rounds N] [--seconds N] [--json FILE] [--charts FOLDER] [--long] [PART...]";

/// The options: the parts to run, and how.
#[derive(Debug)]
pub struct Options {
    /// The parts to run. Empty means all.
    pub parts: Vec<String>,
    /// How often each part runs. The tables have the medians.
    pub rounds: usize,
    /// The file for the figures as JSON.
    pub json: Option<String>,
    /// The folder for the charts.
    pub charts: Option<String>,
    /// How long to insert at a given rate, in seconds.
    pub seconds: u64,
    /// Whether to run the long forms of the parts, which take hours.
    pub long: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { parts: Vec::new(), rounds: 3, json: None, charts: None, seconds: 10, long: false }
    }
}

impl Options {
    /// Reads `[--rounds N] [--seconds N] [--json FILE] [--charts FOLDER] [--long] [PART...]`.
    ///
    /// # Errors
    /// A message about the first invalid word.
    pub fn parse(words: impl IntoIterator<Item = String>, known: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--" => {}
                "--long" => options.long = true,
                "--json" => options.json = Some(words.next().ok_or("--json needs a file")?),
                "--charts" => options.charts = Some(words.next().ok_or("--charts needs a folder")?),
                "--rounds" => options.rounds = usize::try_from(count(&word, words.next())?).unwrap_or(1),
                "--seconds" => options.seconds = count(&word, words.next())?,
                part if known.contains(&part) => options.parts.push(word),
                other => {
                    let known = known.join(" ");
                    return Err(format!("{other:?} is unknown; say {USAGE}, the parts: {known}"));
                }
            }
        }
        Ok(options)
    }

    /// Whether this part should run.
    pub fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn count(option: &str, word: Option<String>) -> Result<u64, String> {
    let count = word.and_then(|word| word.parse().ok()).filter(|count| *count > 0);
    count.ok_or_else(|| format!("{option} needs a number above 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned), &["drain", "idle"])
    }

    #[test]
    fn by_default_all_parts_run_three_times() -> Result<(), String> {
        let options = parse("")?;
        assert!(options.wants("drain") && options.rounds == 3 && !options.long);
        Ok(())
    }

    #[test]
    fn parts_can_be_chosen_and_unknown_ones_are_refused() -> Result<(), String> {
        let options = parse("--rounds 5 --seconds 60 --json out.json --charts folder idle")?;
        assert!(!options.wants("drain") && options.wants("idle") && options.rounds == 5);
        assert_eq!(options.json.as_deref(), Some("out.json"));
        assert!(options.charts.as_deref() == Some("folder") && options.seconds == 60);
        assert!(parse("drein").is_err());
        assert!(parse("--rounds 0").is_err() && parse("--seconds").is_err());
        Ok(())
    }
}
