//! ChromeDriver, by the protocol WebDriver: <https://www.w3.org/TR/webdriver2/>. The few calls that the tests need are not worth
//! a dependency.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running ChromeDriver, which ends with its browsers.
pub(crate) struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver is missing; run `make ui`, or install chromium and chromium-driver");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = said.by_ref().find_map(|line| {
            line.unwrap().split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        // It says more, and would end if nobody read that.
        std::thread::spawn(move || said.for_each(drop));
        Self { process, port: port.expect("chromedriver did not start") }
    }

    /// One call. Panics with the reason if the browser refuses.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_call(method, path, body);
        answer.unwrap_or_else(|reason| panic!("{method} {path} {body}: {reason}"))
    }

    /// The same, or the reason.
    pub(crate) fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self.ask(method, path, body).unwrap()["value"].take();
        match answer["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["message"])),
            None => Ok(answer),
        }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let (length, port) = (body.len(), self.port);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        read(&mut BufReader::new(stream))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends its browsers before itself.
        let _ = self.ask("GET", "/shutdown", &json!(null));
        let _ = self.process.wait();
    }
}

/// The JSON of an answer, whose length is told.
fn read(stream: &mut impl BufRead) -> std::io::Result<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = Vec::new();
    stream.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body)?;
    Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
}
