use super::created;
use crate::request_error::RequestError;
use crate::shop::Shop;
use crate::tasks;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

const INSERT: &str = "
    INSERT INTO pictures (product_id, original) SELECT id, $2 FROM products WHERE id = $1 RETURNING id";
const THUMBNAIL: &str = "SELECT thumbnail FROM pictures WHERE id = $1 AND thumbnail IS NOT NULL";

/// Saves a picture and inserts the task that makes its thumbnail.
pub(super) async fn upload(
    State(shop): State<Shop>,
    Path(product_id): Path<i64>,
    png: Bytes,
) -> Result<impl IntoResponse, RequestError> {
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction.query_opt(INSERT, &[&product_id, &png.as_ref()]).await?;
    let id = row.ok_or(RequestError::NotFound)?.try_get(0)?;
    shop.queue.insert_tasks_in(&transaction, vec![tasks::thumbnail(id)]).await?;
    transaction.commit().await?;
    Ok(created(id))
}

pub(super) async fn thumbnail(
    State(shop): State<Shop>,
    Path(picture_id): Path<i64>,
) -> Result<impl IntoResponse, RequestError> {
    let row = shop.database.get().await?.query_opt(THUMBNAIL, &[&picture_id]).await?;
    let png: Vec<u8> = row.ok_or(RequestError::NotFound)?.try_get(0)?;
    Ok(([(CONTENT_TYPE, "image/png")], png))
}
