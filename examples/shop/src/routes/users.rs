use super::created;
use crate::request_error::RequestError;
use crate::shop::Shop;
use crate::tasks::welcome;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;

const INSERT: &str = "INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id";

/// Who signs up.
#[derive(Debug, Deserialize)]
pub struct NewUser {
    /// The mail address. Each has one user.
    pub email: String,
    /// The name in mails.
    pub name: String,
}

pub(super) async fn sign_up(
    State(shop): State<Shop>,
    Json(user): Json<NewUser>,
) -> Result<impl IntoResponse, RequestError> {
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    let id = insert_user(&shop, &transaction, &user).await?;
    transaction.commit().await?;
    Ok(created(id))
}

/// Inserts a user and the mail that welcomes them. Both exist once the transaction commits.
///
/// # Errors
/// [`RequestError::Conflict`] if the mail address has a user already, and [`RequestError::Invalid`] if it or the name has a
/// control character: a line break would add headers to the mail.
pub async fn insert_user(
    shop: &Shop,
    transaction: &Transaction<'_>,
    user: &NewUser,
) -> Result<i64, RequestError> {
    if [&user.email, &user.name].iter().any(|text| text.contains(char::is_control)) {
        return Err(RequestError::Invalid);
    }
    let row = transaction.query_one(INSERT, &[&user.email, &user.name]).await;
    let id = match row {
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            return Err(RequestError::Conflict);
        }
        row => row?.try_get(0)?,
    };
    shop.queue.insert_tasks_in(transaction, vec![welcome(id)]).await?;
    Ok(id)
}
