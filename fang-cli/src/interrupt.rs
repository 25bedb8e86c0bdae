//! The end that was asked for.

use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or, on Unix, for SIGTERM. Once this has been polled, neither ends the process by itself.
pub(crate) async fn interrupt() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        tokio::select! {
            () = ctrl_c_pressed() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    ctrl_c_pressed().await;
}

async fn ctrl_c_pressed() {
    // If it cannot be received, it ends the process.
    if ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
