//! The address in a connection URI.

use crate::FaultsError;

/// Returns the address of the first host in a URI. It must be a host for TCP.
///
/// # Errors
/// [`FaultsError::BadUri`] when it has none.
pub fn address(uri: &str) -> Result<String, FaultsError> {
    let (from, to) = hosts(uri)?;
    let host = uri.get(from..to).and_then(|hosts| hosts.split(',').next()).unwrap_or_default();
    if host.is_empty() || host.starts_with('%') {
        return Err(FaultsError::BadUri);
    }
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let has_port = !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit());
    Ok(if has_port { host.to_owned() } else { format!("{host}:5432") })
}

/// Replaces the hosts in a URI. User, database and parameters stay.
///
/// # Errors
/// [`FaultsError::BadUri`] when it is none of Postgres.
pub fn with_address(uri: &str, address: &str) -> Result<String, FaultsError> {
    let (from, to) = hosts(uri)?;
    let (before, after) = (uri.get(..from).unwrap_or_default(), uri.get(to..).unwrap_or_default());
    Ok(format!("{before}{address}{after}"))
}

/// The parameters that name a server in place of the one before the path. A program would pass by the proxy.
const NAME_A_SERVER: [&str; 3] = ["host", "hostaddr", "port"];

/// Returns where the hosts of a URI begin and end.
fn hosts(uri: &str) -> Result<(usize, usize), FaultsError> {
    let scheme = ["postgres://", "postgresql://"].into_iter().find(|scheme| uri.starts_with(scheme));
    let start = scheme.ok_or(FaultsError::BadUri)?.len();
    let rest = uri.get(start..).unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let mut names = query.split('&').filter_map(|parameter| parameter.split('=').next());
    if names.any(|name| NAME_A_SERVER.contains(&name)) {
        return Err(FaultsError::BadUri);
    }
    let user = rest.get(..end).and_then(|place| place.rfind('@')).map_or(0, |at| at + 1);
    Ok((start + user, start + end))
}

#[cfg(test)]
mod tests {
    use super::{address, with_address};

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
        for no_host in [
            "postgres:///x",
            "postgres://%2Frun%2Fpostgresql/x",
            "host=h",
            "postgres:///x?user=a&host=/run/postgresql",
            "postgres://h/x?host=/run/postgresql",
            "postgres://h/x?port=1",
        ] {
            assert!(address(no_host).is_err(), "{no_host}");
        }
    }
}
