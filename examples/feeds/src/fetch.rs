use crate::trouble::Trouble;
use reqwest::{Client, Url};

/// The largest feed, unpacked.
pub(crate) const MAX_BODY: usize = 2 * 1024 * 1024;

/// The bytes behind a URL, undecoded: only an XML parser knows which encoding they declare.
pub(crate) async fn fetch(http: &Client, url: Url) -> Result<Vec<u8>, Trouble> {
    let mut response = http.get(url).send().await?;
    if !response.status().is_success() {
        return Err(Trouble::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    // In chunks, so that no server can fill the memory; nor a small gzip that unpacks to gigabytes.
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
