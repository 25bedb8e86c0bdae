//! Begins a session as libpq does, without TLS, until the server refuses it or is ready.

use super::Answer;
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use fang_postgres::ConnectionString;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{AuthenticationSaslBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend;
use std::io::{self, ErrorKind, Read, Write};

/// The values of `sslmode` with which libpq sends nothing without TLS.
const ONLY_OVER_TLS: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// What stands for user and database then. A server that has no room, starts or stops says so without looking at them.
const NOBODY: [(&str, &str); 2] = [("user", "fang"), ("database", "fang")];

/// The classes of SQLSTATE that tell how the server is, to any user: out of resources, and stopped by an operator.
const OF_THE_SERVER: [&str; 2] = ["53", "57"];

/// More than any message has before a session is ready.
const MAX_MESSAGE: usize = 64 * 1024;

/// Who asks for a session.
pub(super) struct Login<'a> {
    parameters: Vec<(&'static str, &'a str)>,
    /// `None` if it is not known, or must not be sent.
    password: Option<&'a str>,
    /// Whether libpq would not begin a session without TLS.
    is_only_over_tls: bool,
}

impl<'a> Login<'a> {
    pub(super) fn new(uri: &'a ConnectionString) -> Self {
        let is_only_over_tls = uri.get("sslmode").is_some_and(|mode| ONLY_OVER_TLS.contains(&mode));
        if is_only_over_tls {
            return Self { parameters: NOBODY.to_vec(), password: None, is_only_over_tls };
        }
        let user = uri.get("user").unwrap_or("postgres");
        let others =
            ["options", "application_name"].into_iter().filter_map(|name| Some((name, uri.get(name)?)));
        let always = [("user", user), ("database", uri.get("dbname").unwrap_or(user))];
        Self {
            parameters: always.into_iter().chain(others).collect(),
            password: uri.get("password"),
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
                Message::ErrorResponse(error) => return sqlstate(&error).map(|code| self.refused(code)),
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

    fn refused(&self, code: String) -> Answer {
        let is_about_nobody =
            self.is_only_over_tls && !OF_THE_SERVER.iter().any(|class| code.starts_with(class));
        if is_about_nobody { Answer::Asks } else { Answer::Refused(code) }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A server that refuses each user.
    struct Refusing {
        answer: Cursor<Vec<u8>>,
        sent: Vec<u8>,
    }

    impl Refusing {
        fn new(code: &str) -> Self {
            let fields = format!("SFATAL\0C{code}\0Mno\0\0");
            let len = u32::try_from(fields.len() + 4).unwrap();
            let answer = [b"E".as_slice(), &len.to_be_bytes(), fields.as_bytes()].concat();
            Self { answer: Cursor::new(answer), sent: Vec::new() }
        }
    }

    impl Read for &mut Refusing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.answer.read(into)
        }
    }

    impl Write for &mut Refusing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.sent.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The answer, and what was sent as text.
    fn asked(query: &str, code: &str) -> (Answer, String) {
        let uri = ConnectionString::parse(&format!("postgres://alice:hunter2@db/orders{query}")).unwrap();
        let mut server = Refusing::new(code);
        let answer = Login::new(&uri).ask(&mut server).unwrap();
        (answer, String::from_utf8_lossy(&server.sent).into_owned())
    }

    #[test]
    fn nothing_of_a_connection_string_that_wants_tls_is_sent_without_it() {
        for mode in ONLY_OVER_TLS {
            let query = format!("?sslmode={mode}&application_name=till&options=-c%20a%3Db");
            let (answer, sent) = asked(&query, "53300");
            assert_eq!(answer, Answer::Refused("53300".to_owned()));
            let secret =
                ["alice", "hunter2", "orders", "till", "a=b"].into_iter().find(|part| sent.contains(part));
            assert_eq!(secret, None, "{mode}: {sent:?}");
        }
        let (_, sent) = asked("?sslmode=prefer", "53300");
        assert!(sent.contains("alice") && sent.contains("orders") && !sent.contains("hunter2"), "{sent:?}");
    }

    #[test]
    fn a_refusal_of_nobody_says_nothing_about_the_user() {
        for code in ["28000", "3D000", "28P01"] {
            assert_eq!(asked("?sslmode=require", code).0, Answer::Asks);
            assert_eq!(asked("", code).0, Answer::Refused(code.to_owned()));
        }
        assert_eq!(asked("?sslmode=require", "57P03").0, Answer::Refused("57P03".to_owned()));
    }
}
