use crate::request_error::RequestError;
use crate::shop::Shop;
use axum::Json;
use axum::extract::State;
use fang::{DateTime, Utc};
use serde::Serialize;

const LIST: &str = "SELECT made_at, orders, cents FROM reports ORDER BY id DESC LIMIT 30";

#[derive(Serialize)]
pub(super) struct Report {
    made_at: DateTime<Utc>,
    orders: i64,
    cents: i64,
}

/// The newest reports, the newest first.
pub(super) async fn list(State(shop): State<Shop>) -> Result<Json<Vec<Report>>, RequestError> {
    let mut reports = Vec::new();
    for row in shop.database.get().await?.query(LIST, &[]).await? {
        reports.push(Report {
            made_at: row.try_get("made_at")?,
            orders: row.try_get("orders")?,
            cents: row.try_get("cents")?,
        });
    }
    Ok(Json(reports))
}
