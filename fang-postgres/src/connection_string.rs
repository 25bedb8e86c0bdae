//! Connection strings in the formats of libpq, read once for both drivers. A driver that read a string itself would
//! quote it in its errors.

mod pairs;
mod parameters;
mod uri;

use fang_core::StoreError;
use parameters::{check, known};
use std::fmt;
use std::net::IpAddr;

/// The parameters of a connection string. Its `Debug` output and its errors show no value but host, port and
/// database.
#[derive(Clone, Default)]
pub struct ConnectionString {
    given: Vec<(&'static str, String)>,
}

/// One of the addresses of a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address to connect to: `hostaddr`, or else `host`. Empty if the string names neither.
    pub address: String,
    /// The port. Defaults to 5432.
    pub port: u16,
}

impl ConnectionString {
    /// Reads a URI or `name=value` pairs.
    ///
    /// # Errors
    /// [`StoreError::Uri`] when the text cannot be read. The error quotes no part of it but names of parameters that
    /// libpq knows.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let schemes = ["postgres://", "postgresql://"];
        let read = match schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) {
            Some(rest) => uri::read(rest),
            None => pairs::read(text),
        };
        let mut string = Self::default();
        for (name, value) in read? {
            string.set(&name, value)?;
        }
        string.check_hosts()?;
        Ok(string)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), StoreError> {
        // As libpq does, for the sake of JDBC.
        let (name, value) = match (name, value.as_str()) {
            ("ssl", "true") => ("sslmode", "require".to_owned()),
            ("keepalives_retries", _) => ("keepalives_count", value),
            _ => (name, value),
        };
        let name = known(name).ok_or_else(|| invalid("it names a parameter that libpq does not know"))?;
        check(name, &value)?;
        self.given.retain(|(earlier, _)| *earlier != name);
        self.given.push((name, value));
        Ok(())
    }

    fn check_hosts(&self) -> Result<(), StoreError> {
        let hosts = self.list("host");
        if !hosts.iter().all(|host| is_host(host)) {
            return Err(invalid(
                "its host is not the name of a host; write %40 for an @, and %2F for a /, in a user or a password",
            ));
        }
        if !self.list("hostaddr").iter().all(|address| address.is_empty() || is_ip(address)) {
            return Err(not_valid("hostaddr"));
        }
        let ports = self.list("port");
        if !ports.iter().all(|port| port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)) {
            return Err(not_valid("port"));
        }
        let places = self.places();
        if ports.len() > 1 && ports.len() != places.max(1) {
            return Err(invalid("it has another number of ports than of hosts"));
        }
        Ok(())
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// All parameters that are given.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.given.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The values of a parameter that may have one for each host.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .map(|value| value.split(',').collect())
            .unwrap_or_default()
    }

    fn places(&self) -> usize {
        self.list("host").len().max(self.list("hostaddr").len())
    }

    /// The addresses, in order. One without an address if the string names no host.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let (hosts, addresses, ports) = (self.list("host"), self.list("hostaddr"), self.list("port"));
        let endpoint = |index: usize| {
            let address = addresses.get(index).filter(|address| !address.is_empty());
            let address = address.or_else(|| hosts.get(index)).copied().unwrap_or_default();
            let port = ports.get(index).or(ports.last()).and_then(|port| port.parse().ok());
            Endpoint { address: address.to_owned(), port: port.unwrap_or(5432) }
        };
        (0..self.places().max(1)).map(endpoint).collect()
    }

    /// The string for libpq, as `name=value` pairs. The parameters of `defaults` are added if they are not given.
    pub fn for_libpq(&self, defaults: &[(&str, &str)]) -> String {
        let missing = defaults.iter().copied().filter(|(name, _)| self.get(name).is_none());
        let pair = |name: &str, value: &str| {
            format!("{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
        };
        let defaults = missing.map(|(name, value)| pair(name, value));
        let pairs = defaults.chain(self.iter().map(|(name, value)| pair(name, value)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// What may be told of a failed connection: the text of the driver or the server, unless it quotes anything of
    /// the string but host, port and database.
    pub fn telling(&self, text: &str) -> String {
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let place = self.place();
        if self.is_quoted_in(&text) {
            return format!(
                "{place}: the reason is in the log of the server; it is not shown here, since it quotes the connection string"
            );
        }
        format!("{place}: {text}")
    }

    fn place(&self) -> String {
        let at = self.endpoints();
        let at = at.iter().map(|Endpoint { address, port }| match address.as_str() {
            "" => format!("the default host, port {port}"),
            address => format!("host {address}, port {port}"),
        });
        let at = at.collect::<Vec<_>>().join("; ");
        match self.get("dbname").filter(|name| is_plain(name)) {
            Some(name) => format!("{at}, database {name}"),
            None => at,
        }
    }

    /// Whether a text has a value, or a part of one, that is none of host, port and database.
    fn is_quoted_in(&self, text: &str) -> bool {
        let harmless = |piece: &str| {
            let mut shown = ["host", "hostaddr", "port"].into_iter().flat_map(|name| self.list(name));
            shown.any(|value| value == piece)
                || self.get("dbname").is_some_and(|name| is_plain(name) && name == piece)
        };
        let is_shown =
            |name: &str, value: &str| parameters::is_harmless(name) || (name == "dbname" && is_plain(value));
        let mut hidden = self.iter().filter(|(name, value)| !is_shown(name, value) && !value.is_empty());
        hidden.any(|(_, value)| {
            // A text may quote one of the words of a value, such as one of the settings in `options`.
            let hides = |piece: &&str| !piece.is_empty() && !harmless(piece);
            text.contains(value) && hides(&value)
                || words(value).filter(hides).any(|word| words(text).any(|quoted| quoted == word))
        })
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionString({})", self.place())
    }
}

fn invalid(reason: &str) -> StoreError {
    StoreError::Uri { reason: reason.to_owned() }
}

fn not_valid(name: &'static str) -> StoreError {
    invalid(&format!("the value of {name} is not valid"))
}

/// The words of a text that have more than one letter or digit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1)
}

/// Whether a host is a name, an address, or the folder of a socket.
fn is_host(host: &str) -> bool {
    let is_socket = host.strip_prefix(['/', '@']).is_some_and(|path| path.split('/').all(is_plain));
    is_socket || is_ip(host) || is_plain(host)
}

/// Whether this is an IP address, of version 6 with or without a zone.
fn is_ip(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    address.parse::<IpAddr>().is_ok() && is_plain(zone)
}

/// Whether a name has only characters that need no escape anywhere. Another name may be part of a password with an
/// `@` or a `/`.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests;
