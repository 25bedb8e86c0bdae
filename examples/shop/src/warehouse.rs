//! The warehouse, which is told of orders by a webhook.

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Shorter than the timeout of the task, so that the error says who did not answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An order, as the warehouse gets it.
#[derive(Debug, Serialize)]
pub struct Order {
    /// The id of the order.
    pub order_id: i64,
    /// The id of the product.
    pub product_id: i64,
    /// The mail address of the user who ordered.
    pub email: String,
}

/// The webhook of the warehouse. Clones share its connections.
#[derive(Clone)]
pub struct Warehouse {
    client: Client,
    url: Url,
}

impl fmt::Debug for Warehouse {
    /// Without the address, which may have a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warehouse").finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// Fails if the address is not valid.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        // rustls needs a default provider. This fails only if one is set already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect would be followed by a GET without the order, whose answer says nothing about it.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
        Ok(Self { client, url: url.parse()? })
    }

    /// Tells the warehouse of an order. It ignores an order whose key it has seen.
    ///
    /// # Errors
    /// Fails if there is no answer. The error does not have the address, which may have a token.
    pub async fn send(&self, order: &Order, key: &str) -> reqwest::Result<StatusCode> {
        let request = self.client.post(self.url.clone()).header("idempotency-key", key).json(order);
        Ok(request.send().await.map_err(reqwest::Error::without_url)?.status())
    }
}
