//! Finds out why no connection could be opened. Diesel keeps only the text of libpq, which may be in any language and
//! quote anything. So this asks the server for a session once more, and reads the SQLSTATE of its answer.

mod login;

use fang_postgres::{ConnectionString, Endpoint};
use login::Login;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The answer to a request for a session.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::session) enum Answer {
    /// No server answers.
    None,
    /// The server begins a session now.
    Begun,
    /// The server asks for something that this does not have, such as TLS or another proof of the password.
    Asks,
    /// The server refuses, with this SQLSTATE.
    Refused(String),
}

/// Asks the servers of a connection string, in order, until one answers.
pub(super) fn at(uri: &ConnectionString) -> Answer {
    let login = Login::new(uri);
    let mut answers = uri.endpoints().into_iter().filter_map(|endpoint| ask(&endpoint, &login).ok());
    answers.next().unwrap_or(Answer::None)
}

fn ask(endpoint: &Endpoint, login: &Login<'_>) -> io::Result<Answer> {
    let Endpoint { address, port } = endpoint;
    if address.starts_with('/') || address.is_empty() {
        return unix::ask(address, *port, login);
    }
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for address in (address.as_str(), *port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                return login.ask(stream);
            }
            Err(other) => error = other,
        }
    }
    Err(error)
}

#[cfg(unix)]
mod unix {
    use super::{Answer, Login, PATIENCE};
    use std::io;
    use std::os::unix::net::UnixStream;

    /// The folders in which libpq looks if the connection string names none.
    const FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

    pub(super) fn ask(folder: &str, port: u16, login: &Login<'_>) -> io::Result<Answer> {
        let folders = if folder.is_empty() { &FOLDERS[..] } else { &[folder] };
        let mut streams =
            folders.iter().map(|folder| UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")));
        let first = streams.next().unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()));
        let stream = streams.fold(first, Result::or)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        login.ask(stream)
    }
}

#[cfg(not(unix))]
mod unix {
    use super::{Answer, Login};
    use std::io;

    pub(super) fn ask(_: &str, _: u16, _: &Login<'_>) -> io::Result<Answer> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
