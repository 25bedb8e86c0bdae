use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, LOCATION};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Longer than anything takes in a test that passes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A warehouse that answers over HTTP.
pub struct TestWarehouse {
    pub url: String,
    state: Arc<Answers>,
}

struct Answers {
    /// The next answers, the very next one last. Afterwards it answers 200.
    next: Mutex<Vec<u16>>,
    requests: watch::Sender<Vec<Told>>,
    /// How many requests may still be answered.
    allowed: Semaphore,
}

/// What a request said.
#[derive(Clone, Debug)]
pub struct Told {
    pub key: String,
    pub order: Value,
}

impl TestWarehouse {
    /// A warehouse that gives these answers, and then 200.
    pub async fn answering<const N: usize>(answers: [u16; N]) -> Self {
        Self::open(answers.into_iter().rev().collect(), Semaphore::MAX_PERMITS).await
    }

    /// A warehouse that answers only once it is [allowed](Self::answer_one) to.
    pub async fn silent() -> Self {
        Self::open(Vec::new(), 0).await
    }

    async fn open(next: Vec<u16>, allowed: usize) -> Self {
        let requests = watch::Sender::new(Vec::new());
        let state = Arc::new(Answers { next: Mutex::new(next), requests, allowed: Semaphore::new(allowed) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/orders", post(answer))
            .route("/", get(async || "nobody has taken an order here"))
            .with_state(state.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, state }
    }

    /// The requests so far, the first one first.
    pub fn requests(&self) -> Vec<Told> {
        self.state.requests.borrow().clone()
    }

    /// Waits for the first request.
    pub async fn is_told(&self) {
        let mut requests = self.state.requests.subscribe();
        let is_told = timeout(PATIENCE, requests.wait_for(|requests| !requests.is_empty())).await;
        is_told.expect("the warehouse is not told").unwrap();
    }

    /// Lets it answer one request.
    pub fn answer_one(&self) {
        self.state.allowed.add_permits(1);
    }
}

async fn answer(
    State(state): State<Arc<Answers>>,
    headers: HeaderMap,
    Json(order): Json<Value>,
) -> impl IntoResponse {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    state.requests.send_modify(|requests| requests.push(Told { key, order }));
    state.allowed.acquire().await.unwrap().forget();
    let answer = state.next.lock().unwrap().pop().unwrap_or(200);
    (StatusCode::from_u16(answer).unwrap(), [(LOCATION, "/")])
}
