//! Begins a session as libpq does, without TLS, until the server refuses it or is ready.

use super::Answer;
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use fang_postgres::ConnectionString;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{AuthenticationSaslBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend;
use std::io::{self, ErrorKind, Read, Write};

/// The values of `sslmode` with which libpq sends nothing without TLS. Then a proof of the password is not sent either.
const ONLY_OVER_TLS: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// More than any message has before a session is ready.
const MAX_MESSAGE: usize = 64 * 1024;

/// Who asks for a session.
pub(super) struct Login<'a> {
    parameters: Vec<(&'static str, &'a str)>,
    /// `None` if it is not known, or must not be used here.
    password: Option<&'a str>,
    /// Whether libpq would not begin a session without TLS.
    is_only_over_tls: bool,
}

impl<'a> Login<'a> {
    pub(super) fn new(uri: &'a ConnectionString) -> Self {
        let user = uri.get("user").unwrap_or("postgres");
        let others =
            ["options", "application_name"].into_iter().filter_map(|name| Some((name, uri.get(name)?)));
        let always = [("user", user), ("database", uri.get("dbname").unwrap_or(user))];
        let is_only_over_tls = uri.get("sslmode").is_some_and(|mode| ONLY_OVER_TLS.contains(&mode));
        Self {
            parameters: always.into_iter().chain(others).collect(),
            password: uri.get("password").filter(|_| !is_only_over_tls),
            is_only_over_tls,
        }
    }

    /// Asks for a session. Proves the password only by SCRAM, which does not reveal it.
    pub(super) fn ask(&self, stream: impl Read + Write) -> io::Result<Answer> {
        let mut wire = Wire { stream, received: BytesMut::new() };
        let mut scram = None;
        wire.send(|message| frontend::startup_message(self.parameters.iter().copied(), message))?;
        loop {
            match wire.next()? {
                Message::ErrorResponse(error) => return sqlstate(&error).map(Answer::Refused),
                Message::ReadyForQuery(_) => {
                    wire.send(|message| {
                        frontend::terminate(message);
                        Ok(())
                    })?;
                    return Ok(if self.is_only_over_tls { Answer::Asks } else { Answer::Begun });
                }
                Message::AuthenticationSasl(offers) => match self.scram(&offers)? {
                    Some(begun) => {
                        wire.send(|message| {
                            frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), message)
                        })?;
                        scram = Some(begun);
                    }
                    None => return Ok(Answer::Asks),
                },
                Message::AuthenticationSaslContinue(challenge) => {
                    let Some(scram) = &mut scram else { return Ok(Answer::Asks) };
                    scram.update(challenge.data())?;
                    wire.send(|message| frontend::sasl_response(scram.message(), message))?;
                }
                Message::AuthenticationOk
                | Message::AuthenticationSaslFinal(_)
                | Message::BackendKeyData(_)
                | Message::NoticeResponse(_)
                | Message::ParameterStatus(_) => {}
                _ => return Ok(Answer::Asks),
            }
        }
    }

    /// Begins a proof of the password, if the server takes one that this can give.
    fn scram(&self, offers: &AuthenticationSaslBody) -> io::Result<Option<ScramSha256>> {
        let is_offered = offers.mechanisms().any(|offered| Ok(offered == SCRAM_SHA_256))?;
        let password = self.password.filter(|_| is_offered);
        Ok(password.map(|password| ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported())))
    }
}

fn sqlstate(error: &ErrorResponseBody) -> io::Result<String> {
    let code = error.fields().find(|field| Ok(field.type_() == b'C'))?;
    Ok(code.map(|code| String::from_utf8_lossy(code.value_bytes()).into_owned()).unwrap_or_default())
}

/// A connection to the server.
struct Wire<S> {
    stream: S,
    received: BytesMut,
}

impl<S: Read + Write> Wire<S> {
    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> io::Result<()> {
        let mut message = BytesMut::new();
        write(&mut message)?;
        self.stream.write_all(&message)
    }

    fn next(&mut self) -> io::Result<Message> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(message) = Message::parse(&mut self.received)? {
                return Ok(message);
            }
            match self.stream.read(&mut chunk)? {
                _ if self.received.len() > MAX_MESSAGE => return Err(ErrorKind::InvalidData.into()),
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                len => self.received.extend_from_slice(chunk.get(..len).unwrap_or_default()),
            }
        }
    }
}
