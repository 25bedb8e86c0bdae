//! The session settings of the library's own connections.

use std::sync::LazyLock;
use std::time::Duration;

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Calls of the application and its tasks.
    Calls,
    /// Claims, finishes and crons of a pool.
    Engine,
    /// Beats of a pool, and its listening.
    Heart,
    /// Lock-claims of a pool.
    LockClaims,
    /// Vacuums of a pool.
    Upkeep,
}

/// The statement that subscribes to notifications.
pub const LISTEN: &str = "LISTEN fang";

/// A setting of a session, and its value.
type Setting = (&'static str, &'static str);

/// The `statement_timeout` of all sessions.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(30);

/// The same for all roles: statements do not depend on defaults of the database, and none waits for ever.
const GUARD: [Setting; 5] = [
    ("default_transaction_isolation", "read committed"),
    ("statement_timeout", "30s"),
    // A statement may wait for a lock for as long as it may take.
    ("lock_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("idle_in_transaction_session_timeout", "30s"),
];

/// The name of a limit that servers know from version 17 on. Older ones refuse its name.
const TRANSACTION_TIMEOUT: &str = "transaction_timeout";

/// The statement that turns that limit off, on servers that know it. Unlike `pg_settings`, it looks up that name alone.
pub const NO_TRANSACTION_TIMEOUT: &str = "SELECT set_config('transaction_timeout', '0', false) \
    WHERE current_setting('transaction_timeout', true) IS NOT NULL";

/// Whether a server of this version, as it tells it, has a `transaction_timeout`.
pub fn knows_transaction_timeout(server_version: &str) -> bool {
    let digits = server_version.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|major| major >= 17)
}

/// Keeps the engine's statements on index scans. Plans are kept for long, and the table may grow a thousandfold
/// before a new one is made. Bitmap scans are off because they visit the entries of all rows that were ever claimed,
/// again and again; an index scan marks these as dead for those that follow. JIT is off because a plan with a
/// disabled scan has a huge cost, for which the server would spend 80 ms on compiling. Generic plans are forced
/// because a plan for given values seems so much cheaper that each finish would be planned anew, which takes five
/// times as long as running it.
const BY_INDEX: [Setting; 6] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// The server ends the transaction of a process that was stopped during a lock-claim, and so frees its tasks.
const LET_GO: [Setting; 1] = [("idle_in_transaction_session_timeout", "5s")];

/// The settings that a transaction needs behind a pooler, where those of a session do not last. If a process stops
/// during a transaction, its rows and the pooler's connection are blocked for up to 30 s, until the server ends it.
pub const GUARD_OF_TRANSACTION: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '0'; SET LOCAL idle_in_transaction_session_timeout = '30s'; \
    SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) IS NOT NULL";

static BEGIN: LazyLock<String> = LazyLock::new(|| format!("BEGIN; {GUARD_OF_TRANSACTION}"));
static BEGIN_LOOK: LazyLock<String> = LazyLock::new(|| {
    format!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; {}", said("SET LOCAL", &BY_INDEX))
});
static BEGIN_BY_INDEX: LazyLock<String> =
    LazyLock::new(|| format!("{}; {}", *BEGIN, said("SET LOCAL", &BY_INDEX)));

impl Role {
    /// The statements that set up a new session.
    pub fn session(self) -> String {
        format!("{}; {NO_TRANSACTION_TIMEOUT}", said("SET", &self.settings()))
    }

    /// The same settings as startup options of a session.
    pub fn options(self) -> String {
        let options =
            self.settings().into_iter().map(|(name, value)| format!("-c {name}={}", escaped(value)));
        options.collect::<Vec<_>>().join(" ")
    }

    /// The begin of a transaction behind a pooler.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Calls | Self::Upkeep => &BEGIN,
            Self::Engine | Self::Heart | Self::LockClaims => &BEGIN_BY_INDEX,
        }
    }

    /// The begin of a transaction that only reads, and keeps its statements on index scans.
    pub fn begin_look(is_pooled: bool) -> &'static str {
        if is_pooled { &BEGIN_BY_INDEX } else { &BEGIN_LOOK }
    }

    /// The names of the settings, for code that has to reset them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.settings().into_iter().map(|(name, _)| name).chain([TRANSACTION_TIMEOUT])
    }

    fn settings(self) -> Vec<Setting> {
        match self {
            Self::Calls => GUARD.to_vec(),
            Self::Engine | Self::Heart => [&GUARD[..], &BY_INDEX].concat(),
            Self::LockClaims => [&GUARD[..], &BY_INDEX, &LET_GO].concat(),
            Self::Upkeep => [&GUARD[..], &AT_LEISURE].concat(),
        }
    }
}

/// A vacuum may take long, since it keeps nobody waiting. It is given up in the end, so that it does not keep changes
/// of the tables out for ever. It warns of each table that it skips, which is nobody's business.
const AT_LEISURE: [Setting; 2] = [("statement_timeout", "10min"), ("client_min_messages", "error")];

fn said(how: &str, settings: &[Setting]) -> String {
    let said = settings.iter().map(|(name, value)| format!("{how} {name} = '{value}'"));
    said.collect::<Vec<_>>().join("; ")
}

/// Escapes spaces, which would end an option.
fn escaped(value: &str) -> String {
    value.replace(' ', "\\ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_the_same_for_sessions_options_and_transactions() {
        let session = "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s'; \
            SET lock_timeout = '0'; SET idle_session_timeout = '0'; \
            SET idle_in_transaction_session_timeout = '30s'";
        assert_eq!(Role::Calls.session(), format!("{session}; {NO_TRANSACTION_TIMEOUT}"));
        assert_eq!(
            Role::Calls.options(),
            "-c default_transaction_isolation=read\\ committed -c statement_timeout=30s -c lock_timeout=0 \
                -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=30s"
        );
        assert!(Role::Engine.session().starts_with(&format!("{session}; SET enable_seqscan = 'off'; ")));
        assert!(knows_transaction_timeout("17.2 (Debian 17.2-1)") && !knows_transaction_timeout("16.4"));
        assert!(Role::LockClaims.options().ends_with(" -c idle_in_transaction_session_timeout=5s"));
        assert!(Role::Upkeep.session().contains("'10min'; SET client_min_messages = 'error'"));
        assert!(Role::Heart.begin().ends_with("; SET LOCAL plan_cache_mode = 'force_generic_plan'"));
        assert_eq!(Role::Calls.begin(), format!("BEGIN; {GUARD_OF_TRANSACTION}"));
        assert_eq!(Role::LockClaims.names().count(), 13);
    }
}
