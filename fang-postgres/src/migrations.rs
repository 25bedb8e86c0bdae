//! The steps from an empty database, or a table of fang 0.9 to 0.11, to the schema of this version.

use fang_core::StoreError;

/// One numbered step. Steps are never changed once released; new ones are appended.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The version of the schema after it.
    pub version: i32,
    /// SQL that takes the step.
    pub up: &'static str,
    /// SQL that takes it back.
    pub down: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            up: include_str!(concat!("../migrations/postgres/", $name, ".up.sql")),
            down: include_str!(concat!("../migrations/postgres/", $name, ".down.sql")),
        }
    };
}

/// All steps for Postgres, in order.
pub const POSTGRES: &[Migration] = &[
    migration!(1, "0001_baseline"),
    migration!(2, "0002_leases"),
    migration!(3, "0003_options"),
    migration!(4, "0004_unique"),
    migration!(5, "0005_cancellations"),
    migration!(6, "0006_holds"),
];

/// The schema that this version is written for. It runs on the next one as well, so that processes
/// of two versions can share a table while a deploy rolls.
pub const VERSION: i32 = POSTGRES[POSTGRES.len() - 1].version;

/// What the transaction of a step is told: a lock that cannot be had would hold up everybody else who waits behind it,
/// and an index of a large table takes its time.
pub const LIMITS: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0";

/// What it means that a lock was not to be had within these limits.
pub fn locked() -> StoreError {
    StoreError::Locked { reason: "the schema could not be changed within 5 s".to_owned() }
}

/// The steps that a schema of this version still lacks.
pub fn pending(found: i32) -> impl Iterator<Item = &'static Migration> {
    POSTGRES.iter().filter(move |migration| migration.version > found)
}

/// Whether a schema of this version serves.
///
/// # Errors
/// [`StoreError::NotMigrated`] when it is older, or newer than the next.
pub fn check(found: i32) -> Result<(), StoreError> {
    let reason = match found - VERSION {
        0 | 1 => return Ok(()),
        difference if difference < 0 => "too old",
        _ => "too new",
    };
    Err(StoreError::NotMigrated {
        reason: format!(
            "the schema has version {found}, which is {reason} for this program: it needs {VERSION}"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one_without_a_gap() {
        let versions: Vec<_> = POSTGRES.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=VERSION).collect::<Vec<_>>());
        assert_eq!(pending(VERSION).count(), 0);
        assert_eq!(pending(0).count(), POSTGRES.len());
    }

    #[test]
    fn each_file_records_its_own_version() {
        for migration in POSTGRES {
            assert!(migration.up.contains("fang_meta"), "{}", migration.version);
        }
    }
}
