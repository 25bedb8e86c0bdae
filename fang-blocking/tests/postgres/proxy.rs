//! A proxy in front of the server, which cuts a connection when a word passes.

use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Serves on a port of its own; the first answer of the server with `word` in it is swallowed, and its
/// connection with it. Returns the connection string to use.
pub fn cut_at(uri: &str, word: &'static str) -> String {
    let (user, address) = uri.split_once('@').unwrap();
    let (server, database) = address.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let through = format!("{user}@{}/{database}", listener.local_addr().unwrap());
    let (server, armed) = (server.to_owned(), Arc::new(AtomicBool::new(true)));
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            let (server, armed) = (server.clone(), armed.clone());
            thread::spawn(move || pass(client, &server, word, &armed));
        }
    });
    through
}

fn pass(mut client: TcpStream, server: &str, word: &str, armed: &AtomicBool) {
    let mut server = TcpStream::connect(server).unwrap();
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        let has_word = buffer[..read].windows(word.len()).any(|window| window == word.as_bytes());
        if has_word && armed.swap(false, Ordering::SeqCst) || client.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
