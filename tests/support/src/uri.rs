//! Changes the database in a connection URI.

use crate::SupportError;

/// Replaces the database in a URI. User, hosts and parameters stay.
pub(crate) fn with_database(uri: &str, database: &str) -> Result<String, SupportError> {
    let (scheme, rest) = uri.split_once("://").ok_or(SupportError::BadUri)?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(SupportError::BadUri);
    }
    let (place, parameters) = match rest.split_once('?') {
        Some((place, parameters)) => (place, format!("?{parameters}")),
        None => (rest, String::new()),
    };
    let hosts = place.split_once('/').map_or(place, |(hosts, _)| hosts);
    Ok(format!("{scheme}://{hosts}/{database}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        let cases = [
            ("postgres://a:b@h:1/x", "postgres://a:b@h:1/new"),
            ("postgresql://h", "postgresql://h/new"),
            ("postgres://h,i/x?k=v/w", "postgres://h,i/new?k=v/w"),
        ];
        for (given, wanted) in cases {
            assert_eq!(with_database(given, "new").ok().as_deref(), Some(wanted));
        }
        assert!(with_database("host=h dbname=x", "new").is_err());
        assert!(with_database("mysql://h/x", "new").is_err());
    }
}
