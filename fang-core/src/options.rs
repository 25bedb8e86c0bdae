//! What a single insert chooses beyond its type.

use serde::{Deserialize, Serialize};

/// What a single insert chooses beyond its type. Kept on the row as JSON, and only when something is
/// chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How often the task is run again after a failure. Defaults to what its type says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<i32>,
    /// Words to find it by. Defaults to none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Options {
    /// What the row keeps: nothing when nothing is chosen.
    pub fn to_json(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        // Numbers and strings always serialize.
        serde_json::to_string(self).ok()
    }

    /// What the row says. People may write into rows: what cannot be read counts as not chosen.
    pub fn read(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_chosen_is_nothing_kept() {
        assert_eq!(Options::default().to_json(), None);
    }

    #[test]
    fn what_is_chosen_comes_back() {
        let options = Options { max_retries: Some(0), tags: vec!["a\"b".to_owned(), "🦀".to_owned()] };
        assert_eq!(Options::read(options.to_json().as_deref()), options);
    }

    #[test]
    fn what_people_wrote_costs_no_row() {
        for odd in ["[]", "7", r#"{"max_retries":"x"}"#, r#"{"tags":[1]}"#, ""] {
            assert_eq!(Options::read(Some(odd)), Options::default(), "{odd}");
        }
        assert_eq!(Options::read(Some(r#"{"max_retries":3,"more":1}"#)).max_retries, Some(3));
    }
}
