//! PgBouncer in transaction mode, in front of a server.

use crate::{SupportError, config::free_port, home::random, user::ServerUser};
use fang_faults::uri::with_address;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};
use tokio_postgres::{Client, Config, config::Host};

/// Stops PgBouncer and removes its folder when the pipe closes: when the value is dropped, and also when this
/// process ends in any way. SIGTERM must end PgBouncer even before it has a handler, so it does not inherit the
/// ignored signals of the shell.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM PIPE
folder=$1
shift
(trap - TERM; exec "$@" "$folder/pgbouncer.ini") </dev/null >/dev/null 2>&1 &
read -r _
kill "$!" 2>/dev/null
wait
rm -rf -- "$folder"
"#;

const PATIENCE: Duration = Duration::from_secs(30);

/// Begins a transaction that the limits of a database do not end. Older servers lack one of them.
const BEGIN_WITHOUT_LIMITS: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) IS NOT NULL";

/// PgBouncer logs this once it listens.
const IS_UP: &str = "process up";
/// PgBouncer logs this when it cannot start.
const IS_OVER: &str = "FATAL";
/// Before that, it logs this if another process listens on its port.
const PORT_IS_TAKEN: &str = "Address already in use";
/// How many ports are tried.
const TRIES: usize = 5;

/// A PgBouncer in transaction mode, on a free port of 127.0.0.1. All clients share a few server connections in
/// round-robin order, so that two transactions in a row run in different sessions.
#[derive(Debug)]
pub struct PgBouncer {
    uri: String,
    child: Child,
    pipe: Option<ChildStdin>,
}

impl PgBouncer {
    /// Starts PgBouncer in front of the database of `uri`, with this many server connections.
    ///
    /// # Errors
    /// When PgBouncer is not installed or does not start.
    pub async fn start(uri: &str, connections: usize) -> Result<Self, SupportError> {
        // Another process may take the port first.
        let is_taken = |error: &SupportError| error.to_string().contains(PORT_IS_TAKEN);
        for _ in 1..TRIES {
            match Self::start_at(uri, connections, free_port()).await {
                Err(error) if is_taken(&error) => {}
                started => return started,
            }
        }
        Self::start_at(uri, connections, free_port()).await
    }

    async fn start_at(uri: &str, connections: usize, port: u16) -> Result<Self, SupportError> {
        let program = find(env::var_os("PATH").as_deref()).ok_or(SupportError::NoPgBouncer)?;
        let user = ServerUser::choose()?;
        let folder = env::temp_dir().join(format!("fang-pgbouncer-{}-{}", std::process::id(), random()));
        let text = settings(uri, port, connections, &folder)?;
        let written = fs::create_dir(&folder)
            .and_then(|()| fs::write(folder.join("pgbouncer.ini"), text))
            .and_then(|()| user.give(&folder))
            .and_then(|()| user.give(&folder.join("pgbouncer.ini")));
        written.map_err(SupportError::io(format!("writing into {}", folder.display())))?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "pgbouncer"])
            .arg(&folder)
            .args(user.prefix())
            .arg(program)
            .current_dir("/")
            .stdin(Stdio::piped())
            .spawn()
            .map_err(SupportError::io("starting pgbouncer"))?;
        let pipe = child.stdin.take();
        let uri = with_address(uri, &format!("127.0.0.1:{port}")).map_err(|_| SupportError::BadUri)?;
        let bouncer = Self { uri, child, pipe };
        wait_for(&folder)?;
        bouncer.fill(connections).await?;
        Ok(bouncer)
    }

    /// The URI of the database through PgBouncer.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Opens a connection through PgBouncer.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn client(&self) -> Result<Client, SupportError> {
        crate::database::connect(&self.uri).await
    }

    /// Makes PgBouncer open all its server connections, since it only uses those that are open.
    async fn fill(&self, connections: usize) -> Result<(), SupportError> {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let client = self.client().await?;
            // The defaults of the database may end it while the others are opened.
            client.batch_execute(BEGIN_WITHOUT_LIMITS).await?;
            clients.push(client);
        }
        for client in clients {
            client.batch_execute("COMMIT").await?;
        }
        Ok(())
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Waits, so that PgBouncer has ended when `drop` returns. A failure cannot be reported here.
        let _ = self.child.wait();
    }
}

/// Waits until the log says that PgBouncer listens. Its port does not tell, since another process may listen there.
fn wait_for(folder: &Path) -> Result<(), SupportError> {
    let began = Instant::now();
    loop {
        let output = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if output.contains(IS_UP) {
            return Ok(());
        }
        if output.contains(IS_OVER) || began.elapsed() > PATIENCE {
            return Err(SupportError::Server { step: "start of pgbouncer", output });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Finds the program. Debian installs it in a folder that is not always in `PATH`.
fn find(path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    let in_path = path.into_iter().flat_map(env::split_paths);
    let folders = in_path.chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join("pgbouncer")).find(|file| file.is_file())
}

fn settings(uri: &str, port: u16, connections: usize, folder: &Path) -> Result<String, SupportError> {
    let config: Config = uri.parse().map_err(|_| SupportError::BadUri)?;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => return Err(SupportError::BadUri),
    };
    let server_port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or("postgres");
    let password = config.get_password().map(String::from_utf8_lossy);
    let password =
        password.map(|word| format!(" password='{}'", word.replace('\'', "''"))).unwrap_or_default();
    Ok(format!(
        "[databases]\n\
         * = host={host} port={server_port} user={user}{password}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = {connections}\n\
         max_client_conn = 1000\n\
         server_round_robin = 1\n\
         logfile = {}\n",
        folder.join("log").display()
    ))
}
