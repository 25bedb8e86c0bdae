//! A proxy in front of the server, which cuts a connection when a word passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves on a port of its own; the first answer of the server with `word` in it is swallowed, and its
/// connection with it. Returns the connection string to use.
pub async fn cut_at(uri: &str, word: &'static str) -> String {
    let (user, address) = uri.split_once('@').unwrap();
    let (server, database) = address.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = format!("{user}@{}/{database}", listener.local_addr().unwrap());
    let (server, armed) = (server.to_owned(), Arc::new(AtomicBool::new(true)));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server.clone(), word, armed.clone()));
        }
    });
    through
}

async fn pass(client: TcpStream, server: String, word: &str, armed: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
    let upwards = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
        let has_word = buffer[..read].windows(word.len()).any(|window| window == word.as_bytes());
        if has_word && armed.swap(false, Ordering::SeqCst) {
            break;
        }
        if to_client.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    upwards.abort();
}
