//! The requests. Each kind of thing has a file.

mod orders;
mod pictures;
mod products;
mod reports;
mod users;

pub use users::{NewUser, insert_user};

use crate::request_id;
use crate::shop::Shop;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Serialize;

/// The largest picture, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// The id of a new row.
#[derive(Serialize)]
struct Created {
    id: i64,
}

/// The answer to a request that makes a row.
fn created(id: i64) -> (StatusCode, Json<Created>) {
    (StatusCode::CREATED, Json(Created { id }))
}

/// The web server of the shop.
pub fn router(shop: Shop) -> Router {
    Router::new()
        .route("/users", post(users::sign_up))
        .route("/products", post(products::add))
        .route("/products/{product}/pictures", post(pictures::upload))
        .route("/pictures/{picture}/thumbnail", get(pictures::thumbnail))
        .route("/orders", post(orders::place))
        .route("/orders/{order}", get(orders::show))
        .route("/reports", get(reports::list))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(request_id::take))
        .with_state(shop)
}
