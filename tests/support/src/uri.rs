//! Changes the database or the address in a connection URI.

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

/// Returns the address of the first host in a URI. It must be a host for TCP.
pub(crate) fn address(uri: &str) -> Result<String, SupportError> {
    let (from, to) = hosts(uri)?;
    let host = uri.get(from..to).and_then(|hosts| hosts.split(',').next()).unwrap_or_default();
    if host.is_empty() || host.starts_with('%') {
        return Err(SupportError::BadUri);
    }
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let has_port = !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit());
    Ok(if has_port { host.to_owned() } else { format!("{host}:5432") })
}

/// Replaces the hosts in a URI. User, database and parameters stay.
pub(crate) fn with_address(uri: &str, address: &str) -> Result<String, SupportError> {
    let (from, to) = hosts(uri)?;
    let (before, after) = (uri.get(..from).unwrap_or_default(), uri.get(to..).unwrap_or_default());
    Ok(format!("{before}{address}{after}"))
}

/// Returns where the hosts of a URI begin and end.
fn hosts(uri: &str) -> Result<(usize, usize), SupportError> {
    let scheme = ["postgres://", "postgresql://"].into_iter().find(|scheme| uri.starts_with(scheme));
    let start = scheme.ok_or(SupportError::BadUri)?.len();
    let rest = uri.get(start..).unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let user = rest.get(..end).and_then(|place| place.rfind('@')).map_or(0, |at| at + 1);
    Ok((start + user, start + end))
}

#[cfg(test)]
mod tests {
    use super::{address, with_address, with_database};

    #[test]
    fn only_the_address_changes() {
        let cases = [
            ("postgres://a:b@h:1/x", "h:1", "postgres://a:b@p:2/x"),
            ("postgresql://h", "h:5432", "postgresql://p:2"),
            ("postgres://h:1,i:2?k=v/w@z", "h:1", "postgres://p:2?k=v/w@z"),
            ("postgres://a@[::1]/x", "[::1]:5432", "postgres://a@p:2/x"),
        ];
        for (given, server, through) in cases {
            assert_eq!(address(given).ok().as_deref(), Some(server));
            assert_eq!(with_address(given, "p:2").ok().as_deref(), Some(through));
        }
        for no_host in ["postgres:///x", "postgres://%2Frun%2Fpostgresql/x", "host=h"] {
            assert!(address(no_host).is_err());
        }
    }

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
