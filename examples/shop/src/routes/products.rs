use super::created;
use crate::request_error::RequestError;
use crate::shop::Shop;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

const INSERT: &str = "INSERT INTO products (name, cents) VALUES ($1, $2) RETURNING id";

#[derive(Deserialize)]
pub(super) struct NewProduct {
    name: String,
    cents: i64,
}

pub(super) async fn add(
    State(shop): State<Shop>,
    Json(product): Json<NewProduct>,
) -> Result<impl IntoResponse, RequestError> {
    let client = shop.database.get().await?;
    let row = client.query_one(INSERT, &[&product.name, &product.cents]).await?;
    Ok(created(row.try_get(0)?))
}
