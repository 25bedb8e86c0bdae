//! The meaning of SQLSTATE codes for a queue (Appendix A of the PostgreSQL manual).

use super::Nature;

/// Whether repeating the request can help.
pub(super) fn nature(code: &str) -> Nature {
    match code {
        // Serialization failure, deadlock.
        "40001" | "40P01" => Nature::Contended,
        // Statement timeout.
        "57014" => Nature::Passing,
        // A program limit is exceeded: the row is too large.
        "54000" => Nature::Data,
        _ => match code.get(..2) {
            // Connection, resources, operator intervention, system error.
            Some("08" | "53" | "57" | "58") => Nature::Passing,
            // The data itself: out of range, not JSON, a constraint.
            Some("22" | "23") => Nature::Data,
            _ => Nature::Final,
        },
    }
}

/// Whether the schema is missing or older than this library.
pub(super) fn is_missing_schema(code: &str) -> bool {
    // Undefined table, column, object (a type); invalid schema name; undefined function.
    matches!(code, "42P01" | "42703" | "42704" | "3F000" | "42883")
}

/// Whether the server refused the user.
pub(super) fn is_refused(code: &str) -> bool {
    // Invalid authorization; invalid password; the database does not exist.
    matches!(code, "28000" | "28P01" | "3D000")
}

/// Whether the server is read-only.
pub(super) fn is_read_only(code: &str) -> bool {
    code == "25006"
}

/// Whether a prepared statement belongs to another client, or is gone; or, with a violation of the protocol, whether
/// it has other parameters, or a pooler refuses a parameter of the session.
pub(super) fn is_pooled(code: &str) -> bool {
    matches!(code, "42P05" | "26000" | "08P01")
}

/// Whether the server has no connection left.
pub(super) fn is_full(code: &str) -> bool {
    code == "53300"
}

/// Whether another transaction kept its lock for longer than the `lock_timeout`.
pub(super) fn is_locked(code: &str) -> bool {
    code == "55P03"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_can_be_done_about_them() {
        assert_eq!(nature("57P01"), Nature::Passing);
        assert_eq!(nature("53100"), Nature::Passing);
        assert_eq!(nature("22P05"), Nature::Data);
        assert_eq!(nature("23505"), Nature::Data);
        assert_eq!(nature("42601"), Nature::Final);
        assert_eq!(nature(""), Nature::Final);
        assert!(is_missing_schema("42P01"));
        assert!(is_refused("28P01"));
    }
}
