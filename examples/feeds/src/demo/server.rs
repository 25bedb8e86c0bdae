use super::behaviour::Behaviour;
use super::content;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

type Answer = Result<Response<Full<Bytes>>, io::Error>;

/// The number of feeds, and the flaky feeds that have failed once.
struct Demo {
    feeds: u64,
    seen: Mutex<HashSet<u64>>,
}

/// Serves the feeds with numbers below `feeds`, until the program ends.
pub(crate) async fn serve(feeds: u64) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let demo = Arc::new(Demo { feeds, seen: Mutex::default() });
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(converse(stream, demo.clone()))),
                // For instance too many open files, which is temporary.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
    Ok(address)
}

async fn converse(stream: TcpStream, demo: Arc<Demo>) {
    // Without this, small answers wait for the acknowledgement of the client.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let demo = demo.clone();
        async move { demo.answer(&request).await }
    });
    // An error here means that the client has disconnected.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Demo {
    async fn answer(&self, request: &Request<Incoming>) -> Answer {
        let path = request.uri().path();
        let number = path.strip_prefix("/feeds/").and_then(|number| number.parse().ok());
        let Some(number) = number.filter(|number| *number < self.feeds) else {
            return status(StatusCode::NOT_FOUND);
        };
        match Behaviour::of(number) {
            Behaviour::Prompt => whole(number),
            Behaviour::Slow(delay) => {
                tokio::time::sleep(delay).await;
                whole(number)
            }
            Behaviour::Flaky if self.is_first_request(number) => status(StatusCode::SERVICE_UNAVAILABLE),
            Behaviour::Flaky => whole(number),
            Behaviour::NotFound => status(StatusCode::NOT_FOUND),
            Behaviour::Truncated => body("application/atom+xml", content::truncated(number)),
            Behaviour::TooLarge => body("application/rss+xml", content::huge(number)),
            Behaviour::WrongEncoding => body("application/rss+xml", content::latin1(number)),
            Behaviour::RedirectLoop => redirect(path),
            Behaviour::Closed => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    fn is_first_request(&self, number: u64) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(number)
    }
}

fn whole(number: u64) -> Answer {
    let (content_type, feed) = content::feed(number);
    body(content_type, feed)
}

fn body(content_type: &str, feed: Bytes) -> Answer {
    answer(Response::builder().header(CONTENT_TYPE, content_type), feed)
}

fn status(code: StatusCode) -> Answer {
    answer(Response::builder().status(code), Bytes::new())
}

fn redirect(to: &str) -> Answer {
    answer(Response::builder().status(StatusCode::FOUND).header(LOCATION, to), Bytes::new())
}

fn answer(response: hyper::http::response::Builder, body: Bytes) -> Answer {
    response.body(Full::new(body)).map_err(io::Error::other)
}
