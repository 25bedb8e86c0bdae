//! The parameters that libpq knows.

use super::not_valid;
use fang_core::StoreError;

/// All of them, up to PostgreSQL 18.
const KNOWN: [&str; 51] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The values of those parameters that have only a few.
const VALUES: [(&str, &[&str]); 6] = [
    ("channel_binding", &["disable", "prefer", "require"]),
    ("gssencmode", &["disable", "prefer", "require"]),
    ("load_balance_hosts", &["disable", "random"]),
    ("sslmode", &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
    ("sslnegotiation", &["postgres", "direct"]),
    ("target_session_attrs", &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
];

const NUMBERS: [&str; 6] = [
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
];

/// The parameter of this name.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| *known == name)
}

/// Checks the value of a parameter that has only a few, or is a number.
pub(super) fn check(name: &'static str, value: &str) -> Result<(), StoreError> {
    let few = VALUES.iter().find(|(known, _)| *known == name);
    let is_one = few.is_none_or(|(_, values)| values.contains(&value));
    let is_number = !NUMBERS.contains(&name) || value.trim().parse::<i32>().is_ok();
    if is_one && is_number && !value.contains('\0') { Ok(()) } else { Err(not_valid(name)) }
}

/// Whether the value of a parameter may be shown: it is checked, or an address.
pub(super) fn is_harmless(name: &str) -> bool {
    let checked = VALUES.iter().any(|(known, _)| *known == name) || NUMBERS.contains(&name);
    checked || matches!(name, "host" | "hostaddr" | "port")
}
