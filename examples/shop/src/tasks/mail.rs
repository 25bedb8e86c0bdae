use crate::mailer::Mail;
use crate::shop::Shop;
use fang::State;

/// Sends a new user a mail.
#[fang::task(task_type = "mail", max_retries = 10, timeout = "30s")]
pub async fn welcome(user: i64, shop: State<Shop>) -> anyhow::Result<()> {
    let client = shop.database.get().await?;
    let row = client.query_one("SELECT email, name FROM users WHERE id = $1", &[&user]).await?;
    let mail = mail(row.try_get("email")?, row.try_get("name")?);
    shop.mailer.send(&format!("welcome-{user}"), &mail).await?;
    Ok(())
}

fn mail(to: String, name: &str) -> Mail {
    Mail { to, subject: format!("Welcome, {name}!"), text: "Your account is ready.".to_owned() }
}
