use crate::mailer::Mail;
use crate::shop::Shop;
use fang::State;

const FIND: &str = "SELECT email, name FROM users WHERE id = $1";

/// Sends a new user a mail.
#[fang::task(task_type = "mail", max_retries = 10, timeout = "30s")]
pub async fn welcome(user_id: i64, shop: State<Shop>) -> anyhow::Result<()> {
    // The connection goes back before the mail is sent, which may take long.
    let row = shop.database.get().await?.query_one(FIND, &[&user_id]).await?;
    let mail = mail(row.try_get("email")?, row.try_get("name")?);
    shop.mailer.send(&format!("welcome-{user_id}"), &mail).await?;
    Ok(())
}

fn mail(to: String, name: &str) -> Mail {
    Mail { to, subject: format!("Welcome, {name}!"), text: "Your account is ready.".to_owned() }
}
