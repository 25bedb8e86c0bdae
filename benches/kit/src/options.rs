//! The options of the command line.

/// The options: the parts to run, and how.
#[derive(Debug)]
pub struct Options {
    /// The parts to run. Empty means all.
    pub parts: Vec<String>,
    /// How often each part runs. The tables have the medians.
    pub rounds: usize,
    /// The file for the figures as JSON.
    pub json: Option<String>,
    /// Whether to run the long forms of the parts, which take hours.
    pub long: bool,
}

impl Options {
    /// Reads `[--rounds N] [--json FILE] [--long] [PART...]`.
    ///
    /// # Errors
    /// A message about the first invalid word.
    pub fn parse(words: impl IntoIterator<Item = String>, known: &[&str]) -> Result<Self, String> {
        let mut options = Self { parts: Vec::new(), rounds: 3, json: None, long: false };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--" => {}
                "--long" => options.long = true,
                "--json" => options.json = Some(words.next().ok_or("--json needs a file")?),
                "--rounds" => {
                    let rounds = words.next().and_then(|word| word.parse().ok()).filter(|rounds| *rounds > 0);
                    options.rounds = rounds.ok_or("--rounds needs a number above 0")?;
                }
                part if known.contains(&part) => options.parts.push(word),
                other => {
                    let known = known.join(" ");
                    return Err(format!(
                        "{other:?} is unknown; say [--rounds N] [--json FILE] [--long] [PART...], the parts: {known}"
                    ));
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
        let options = parse("--rounds 5 --json out.json idle")?;
        assert!(!options.wants("drain") && options.wants("idle") && options.rounds == 5);
        assert_eq!(options.json.as_deref(), Some("out.json"));
        assert!(parse("drein").is_err());
        assert!(parse("--rounds 0").is_err());
        Ok(())
    }
}
