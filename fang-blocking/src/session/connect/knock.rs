//! Finds out why no connection could be opened. Diesel keeps only the text of libpq, which may be in any language and
//! quote anything. So this asks the server for a session once more, and reads the SQLSTATE of its answer.

use fang_postgres::{ConnectionString, Endpoint};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// More than an error of the server has.
const MAX_ANSWER: u64 = 16 * 1024;

/// The version of the protocol: 3.0.
const VERSION: i32 = 3 << 16;

/// The answer to a request for a session.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::session) enum Answer {
    /// No server answers.
    None,
    /// The server would begin a session, so it does not want this user.
    Welcome,
    /// The server refuses, with this SQLSTATE.
    Refused(String),
}

/// Asks the servers of a connection string, in order, until one answers.
pub(super) fn at(uri: &ConnectionString) -> Answer {
    let request = request(uri);
    let mut answers = uri.endpoints().into_iter().filter_map(|endpoint| ask(&endpoint, &request).ok());
    answers.next().unwrap_or(Answer::None)
}

fn request(uri: &ConnectionString) -> Vec<u8> {
    let mut body = VERSION.to_be_bytes().to_vec();
    let user = uri.get("user").unwrap_or("postgres");
    let sent = ["options", "application_name"].into_iter().filter_map(|name| Some((name, uri.get(name)?)));
    let always = [("user", user), ("database", uri.get("dbname").unwrap_or(user))];
    for (name, value) in always.into_iter().chain(sent) {
        for text in [name, value] {
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    let length = i32::try_from(body.len() + 4).unwrap_or(i32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

fn ask(endpoint: &Endpoint, request: &[u8]) -> io::Result<Answer> {
    let Endpoint { address, port } = endpoint;
    if address.starts_with('/') || address.is_empty() {
        return unix::ask(address, *port, request);
    }
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for address in (address.as_str(), *port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                return converse(stream, request);
            }
            Err(other) => error = other,
        }
    }
    Err(error)
}

/// Sends the request and reads the answer: the letter of a message, its length, and its fields.
fn converse(mut stream: impl Read + Write, request: &[u8]) -> io::Result<Answer> {
    stream.write_all(request)?;
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    if head[0] != b'E' {
        return Ok(Answer::Welcome);
    }
    let mut fields = Vec::new();
    // The server closes the connection after an error.
    stream.take(MAX_ANSWER).read_to_end(&mut fields)?;
    let code = fields.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"C"));
    Ok(Answer::Refused(code.map(String::from_utf8_lossy).unwrap_or_default().into_owned()))
}

#[cfg(unix)]
mod unix {
    use super::{Answer, PATIENCE, converse};
    use std::io;
    use std::os::unix::net::UnixStream;

    /// The folders in which libpq looks if the connection string names none.
    const FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

    pub(super) fn ask(folder: &str, port: u16, request: &[u8]) -> io::Result<Answer> {
        let folders = if folder.is_empty() { &FOLDERS[..] } else { &[folder] };
        let mut streams =
            folders.iter().map(|folder| UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")));
        let first = streams.next().unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()));
        let stream = streams.fold(first, Result::or)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        converse(stream, request)
    }
}

#[cfg(not(unix))]
mod unix {
    use super::Answer;
    use std::io;

    pub(super) fn ask(_: &str, _: u16, _: &[u8]) -> io::Result<Answer> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
