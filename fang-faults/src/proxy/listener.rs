//! Accepts the connections of a proxy.

use super::link::Link;
use super::shared::Shared;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub(super) fn spawn(listener: TcpListener, server: Arc<Mutex<String>>, shared: Arc<Shared>) {
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(link) = client.and_then(Link::new).map(Arc::new) else { continue };
            if !shared.admit(&link) {
                return;
            }
            let (server, shared) = (server.clone(), shared.clone());
            let server = server.lock().unwrap_or_else(PoisonError::into_inner).clone();
            thread::spawn(move || link.serve(&server, &shared));
        }
    });
}
