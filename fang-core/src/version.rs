//! Versions of the arguments of a task. For the code that `#[fang::task]` makes.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The field of a payload that has its version. A payload without it has version 1.
pub(crate) const FIELD: &str = "version";

/// The version of a payload without one.
pub(crate) const FIRST: u32 = 1;

/// The version of the JSON of a payload.
pub(crate) fn saved(json: &str) -> u32 {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: Option<u32>,
    }
    serde_json::from_str(json).ok().and_then(|Versioned { version }| version).unwrap_or(FIRST)
}

/// The version of a payload, as a field of the struct that is saved.
#[derive(Clone, Copy, Debug)]
pub struct Version<const NUMBER: u32>;

impl<const NUMBER: u32> Serialize for Version<NUMBER> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(NUMBER)
    }
}

/// Reads the fields of a payload, which `upgrade` brings to this version if it is older.
///
/// # Errors
/// When the fields cannot be read, or the payload is of a newer version.
pub fn upgraded<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
    version: u32,
    upgrade: impl FnOnce(u32, Value) -> Value,
) -> Result<T, D::Error> {
    let mut fields = Map::deserialize(deserializer)?;
    let found = match fields.remove(FIELD) {
        None => FIRST,
        Some(found) => u32::deserialize(found).map_err(|_| D::Error::custom("the version is no number"))?,
    };
    if found > version {
        return Err(D::Error::custom(crate::kind::newer()));
    }
    let fields = Value::Object(fields);
    let fields = if found < version { upgrade(found, fields) } else { fields };
    T::deserialize(fields).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Fields {
        user: u8,
    }

    fn read(json: &str) -> Result<u8, String> {
        let upgrade = |version, mut fields: Value| {
            fields["user"] = format!("{version}").parse().unwrap();
            fields
        };
        let read = upgraded(&mut serde_json::Deserializer::from_str(json), 3, upgrade);
        read.map(|Fields { user }| user).map_err(|error| error.to_string())
    }

    #[test]
    fn only_older_payloads_are_upgraded_and_newer_ones_are_refused() {
        assert_eq!(read(r#"{"id":9}"#), Ok(1));
        assert_eq!(read(r#"{"id":9,"version":2}"#), Ok(2));
        assert_eq!(read(r#"{"user":9,"version":3}"#), Ok(9));
        assert!(read(r#"{"user":9,"version":4}"#).unwrap_err().contains("newer version"));
        assert!(read(r#"{"user":9,"version":"x"}"#).unwrap_err().starts_with("the version is no number"));
    }
}
