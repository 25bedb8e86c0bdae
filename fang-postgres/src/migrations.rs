//! The migrations to the schema of this version, from an empty database or from the table of fang 0.9 to 0.11.

use fang_core::StoreError;
use std::time::Duration;

/// A migration. Released ones never change; new ones are appended.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The version of the schema after it.
    pub version: i32,
    /// The SQL of the migration.
    pub up: &'static str,
    /// The SQL that reverts it.
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

/// All migrations for Postgres, in order.
pub const POSTGRES: &[Migration] =
    &[migration!(1, "0001_baseline"), migration!(2, "0002_tables"), migration!(3, "0003_insert")];

/// The schema version of this program. The program also runs on the next version, so that processes of two versions
/// can share a table during a rolling deploy.
pub const VERSION: i32 = POSTGRES[POSTGRES.len() - 1].version;

/// The limit of a migration's transaction. It must not wait long for a lock, since all other statements would queue
/// behind it; but an index of a large table may take its time.
pub const LIMITS: &str = "SET LOCAL lock_timeout = '5s'";

/// The limits until then: another process may migrate for as long as it needs. Only newer servers know
/// `transaction_timeout`.
pub const NO_LIMITS: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0; \
    SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) IS NOT NULL";

/// The `lock_timeout` of [`LIMITS`].
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The error when a migration did not get its locks within these limits.
pub fn locked() -> StoreError {
    StoreError::Locked { reason: "the schema could not be changed within 5 s".to_owned() }
}

/// The migrations that a schema of this version lacks.
pub fn pending(found: i32) -> impl Iterator<Item = &'static Migration> {
    POSTGRES.iter().filter(move |migration| migration.version > found)
}

/// Checks whether this program can use a schema of this version.
///
/// # Errors
/// [`StoreError::NotMigrated`] when it is older than [`VERSION`] or more than one version newer.
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
        for Migration { version, up, .. } in POSTGRES {
            assert!(up.contains("fang_meta"), "{version}");
            let outlasts = format!("ALTER TABLE fang_meta ALTER COLUMN version SET DEFAULT {version};");
            assert!(*version == 1 || up.contains(&outlasts), "{version}");
        }
    }
}
