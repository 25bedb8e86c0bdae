//! What the library tells the sessions of its own connections.

use std::sync::LazyLock;

/// What connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What the application and its tasks ask for.
    Calls,
    /// What a pool claims and finishes with, and needs for its crons.
    Engine,
    /// What its heart uses, which also listens.
    Heart,
    /// What holds short tasks.
    LockClaims,
}

/// What makes a connection hear what is announced.
pub const LISTEN: &str = "LISTEN fang";

/// A setting of a session, and its value.
type Setting = (&'static str, &'static str);

/// No statement depends on the defaults of a role or a database, or waits for ever.
const GUARD: [Setting; 2] =
    [("default_transaction_isolation", "read committed"), ("statement_timeout", "30s")];

/// The engine's statements look up rows by index, however few there were when they were planned: the
/// plan is kept, and the table may have grown a thousandfold before it is made anew. Not by a bitmap of one: that
/// would meet the entries of all that was ever claimed at each look, and an index scan marks them as dead, for all
/// that come later. A plan that has to use what is turned off looks so dear that the server would compile it, for 80 ms; and
/// the plan for given values looks so much cheaper than the one to keep that a finish would be planned at each call, five
/// times as long as it runs.
const BY_INDEX: [Setting; 6] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// Of a process that was stopped while it held tasks, the server takes them back.
const LET_GO: [Setting; 1] = [("idle_in_transaction_session_timeout", "5s")];

/// The same as a guard for a transaction behind a pooler that hands a connection of the server on after each: nothing said
/// to a session lasts there, so each transaction says it for itself. Whoever stops in the middle of one keeps others
/// from its rows, and the pooler from a connection, for 30 s.
pub const GUARD_OF_TRANSACTION: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30s'";

static BEGIN: LazyLock<String> = LazyLock::new(|| format!("BEGIN; {GUARD_OF_TRANSACTION}"));
static BEGIN_BY_INDEX: LazyLock<String> =
    LazyLock::new(|| format!("{}; {}", *BEGIN, said("SET LOCAL", &BY_INDEX)));

impl Role {
    /// The statements that make a new session ready.
    pub fn session(self) -> String {
        said("SET", &self.settings())
    }

    /// The same as options for the start of a session.
    pub fn options(self) -> String {
        let options =
            self.settings().into_iter().map(|(name, value)| format!("-c {name}={}", escaped(value)));
        options.collect::<Vec<_>>().join(" ")
    }

    /// What begins a transaction behind a pooler.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Calls => &BEGIN,
            Self::Engine | Self::Heart | Self::LockClaims => &BEGIN_BY_INDEX,
        }
    }

    /// The names of what its sessions are told, for whoever has to take it back.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.settings().into_iter().map(|(name, _)| name)
    }

    fn settings(self) -> Vec<Setting> {
        match self {
            Self::Calls => GUARD.to_vec(),
            Self::Engine | Self::Heart => [&GUARD[..], &BY_INDEX].concat(),
            Self::LockClaims => [&GUARD[..], &BY_INDEX, &LET_GO].concat(),
        }
    }
}

fn said(how: &str, settings: &[Setting]) -> String {
    let said = settings.iter().map(|(name, value)| format!("{how} {name} = '{value}'"));
    said.collect::<Vec<_>>().join("; ")
}

/// A space would end an option.
fn escaped(value: &str) -> String {
    value.replace(' ', "\\ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_the_same_for_sessions_options_and_transactions() {
        let session = "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s'";
        assert_eq!(Role::Calls.session(), session);
        assert_eq!(
            Role::Calls.options(),
            "-c default_transaction_isolation=read\\ committed -c statement_timeout=30s"
        );
        assert!(Role::Engine.session().starts_with(&format!("{session}; SET enable_seqscan = 'off'; ")));
        assert!(Role::LockClaims.options().ends_with(" -c idle_in_transaction_session_timeout=5s"));
        assert!(Role::Heart.begin().ends_with("; SET LOCAL plan_cache_mode = 'force_generic_plan'"));
        assert_eq!(Role::Calls.begin(), format!("BEGIN; {GUARD_OF_TRANSACTION}"));
        assert_eq!(Role::LockClaims.names().count(), 9);
    }
}
