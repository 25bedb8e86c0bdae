use crate::trouble::Trouble;
use reqwest::{Client, Url};

/// The largest feed in bytes, after decompression.
pub(crate) const MAX_BODY: usize = 2 * 1024 * 1024;

/// Fetches the bytes of a URL. They are not decoded to text, since only the XML parser knows their encoding.
pub(crate) async fn fetch(http: &Client, url: Url) -> Result<Vec<u8>, Trouble> {
    let mut response = http.get(url).send().await?;
    if !response.status().is_success() {
        return Err(Trouble::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    // Reads in chunks, so that neither a large answer nor a small gzip bomb can fill the memory.
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
