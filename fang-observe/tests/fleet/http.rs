//! A web server with routes, and its client.

use axum::Router;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A running server.
pub(crate) struct Server(std::net::SocketAddr);

impl Server {
    pub(crate) async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self(address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The first answer that is as it should be.
    pub(crate) async fn until(&self, path: &str, is_good: impl Fn(&Answer) -> bool) -> Answer {
        for _ in 0..3_000 {
            let answer = self.get(path).await;
            if is_good(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} still answers {:?}", self.get(path).await);
    }
}
