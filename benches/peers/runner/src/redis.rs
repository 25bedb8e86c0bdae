//! A throwaway Redis server on a free port.

use fang_bench_kit::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// The setting of a peer with which the server answers a command once it is on the disk. The other one is that of the
/// package: a crash loses what came after the last snapshot.
const DURABLE: &str = "appendfsync always";

pub(crate) struct Redis {
    process: Child,
    folder: PathBuf,
    address: String,
}

impl Redis {
    /// Starts a server as this setting wants it.
    pub(crate) async fn start(setting: &str) -> Result<Self, Error> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("fang-redis-{}-{port}", std::process::id()));
        std::fs::create_dir(&folder)?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]).arg("--dir").arg(&folder);
        if setting == DURABLE {
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().map_err(|error| format!("redis-server: {error}"))?;
        let server = Self { process, folder, address: format!("127.0.0.1:{port}") };
        let end = Instant::now() + PATIENCE;
        while !server.answers().await {
            if Instant::now() > end {
                return Err("redis-server does not answer".into());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub(crate) fn uri(&self) -> String {
        format!("redis://{}", self.address)
    }

    async fn answers(&self) -> bool {
        let mut answer = [0; 5];
        let Ok(mut stream) = TcpStream::connect(&self.address).await else { return false };
        stream.write_all(b"PING\r\n").await.is_ok()
            && stream.read_exact(&mut answer).await.is_ok()
            && &answer == b"+PONG"
    }

    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        Ok(self.process.kill().await?)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
