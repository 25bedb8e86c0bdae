use axum::Router;
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A warehouse that answers over HTTP.
pub struct TestWarehouse {
    pub url: String,
    state: Arc<Answers>,
}

struct Answers {
    /// Those of the next requests, the next one last. Afterwards it answers that all is well.
    next: Mutex<Vec<u16>>,
    told: Mutex<Vec<Told>>,
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
        let next = Mutex::new(answers.into_iter().rev().collect());
        let state = Arc::new(Answers { next, told: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let router = Router::new().route("/orders", post(answer)).with_state(state.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, state }
    }

    /// What it was told, the first request first.
    pub fn told(&self) -> Vec<Told> {
        self.state.told.lock().unwrap().clone()
    }
}

async fn answer(
    State(state): State<Arc<Answers>>,
    headers: HeaderMap,
    Json(order): Json<Value>,
) -> StatusCode {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    state.told.lock().unwrap().push(Told { key, order });
    let answer = state.next.lock().unwrap().pop().unwrap_or(200);
    StatusCode::from_u16(answer).unwrap()
}
