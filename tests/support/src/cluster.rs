//! A throwaway cluster.

use crate::{
    Durability, SupportError, binaries::find_binaries, config, faketime, guardian::Guardian, home::Home,
    user::ServerUser,
};
use std::{
    env,
    ffi::OsString,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How often another port is tried when a port is taken by another process.
const PORT_ATTEMPTS: usize = 5;

/// The variable that names the files of a new cluster, for other processes to copy: see [`Cluster::create_as_template`].
pub const TEMPLATE: &str = "FANG_CLUSTER_TEMPLATE";

/// What is special about a cluster.
enum Kind<'a> {
    Plain,
    /// A copy is kept of what it began with.
    Template,
    /// Its messages are in this language.
    Speaking(&'a str),
    /// A file says by how much its clock is wrong.
    WithClock,
}

impl Kind<'_> {
    /// The variables for the server.
    fn variables(&self, home: &Home) -> Result<Vec<(&'static str, OsString)>, SupportError> {
        match self {
            Self::Plain | Self::Template => Ok(Vec::new()),
            Self::Speaking(language) => Ok(vec![("LANGUAGE", language.into())]),
            Self::WithClock => faketime::follows(&home.clock()),
        }
    }
}

/// A throwaway Postgres cluster on a free port of 127.0.0.1 and on a Unix
/// socket. Its superuser is `postgres`, without a password.
///
/// The cluster is stopped and removed when the value is dropped, and also when
/// this process ends in any way, including SIGKILL.
#[derive(Debug)]
pub struct Cluster {
    home: Home,
    port: u16,
    guardian: Mutex<Guardian>,
}

impl Cluster {
    /// Creates a cluster and starts it.
    ///
    /// # Errors
    ///
    /// When Postgres is not installed, or the server does not start.
    pub fn create(durability: Durability) -> Result<Self, SupportError> {
        Self::create_at(durability, |user| Home::choose(user, durability), &Kind::Plain)
    }

    /// As [`create`](Self::create), and keeps a copy of what it began with in [`template`](Self::template). Clusters of
    /// processes that have this folder in [`TEMPLATE`] begin with it, too.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_as_template(durability: Durability) -> Result<Self, SupportError> {
        Self::create_at(durability, |user| Home::choose(user, durability), &Kind::Template)
    }

    /// Like [`create`](Self::create), with all files below `folder`, to which all accounts may write.
    ///
    /// # Errors
    /// The errors of [`create`](Self::create).
    pub fn create_in(durability: Durability, folder: &Path) -> Result<Self, SupportError> {
        Self::create_at(durability, |_| Home::within(folder), &Kind::Plain)
    }

    /// Like [`create`](Self::create), with messages in this language, such as `de`. Needs the translations that come
    /// with the server, but no locale of the system.
    ///
    /// # Errors
    /// The errors of [`create`](Self::create).
    pub fn create_speaking(language: &str) -> Result<Self, SupportError> {
        let durability = Durability::Fast;
        Self::create_at(durability, |user| Home::choose(user, durability), &Kind::Speaking(language))
    }

    /// Like [`create`](Self::create), with a clock that [`set_clock`](Self::set_clock) changes.
    ///
    /// # Errors
    /// The errors of [`create`](Self::create), and [`SupportError::NoFaketime`] when libfaketime is not installed.
    pub fn create_with_clock() -> Result<Self, SupportError> {
        let durability = Durability::Fast;
        faketime::clean();
        Self::create_at(durability, |user| Home::choose(user, durability), &Kind::WithClock)
    }

    /// Makes the clock of the server wrong by this much, in the notation of libfaketime: `+8h`.
    ///
    /// # Errors
    /// When the file that the server reads cannot be written.
    pub fn set_clock(&self, by: &str) -> Result<(), SupportError> {
        let file = self.home.clock();
        // In one step: the server may read it at any moment.
        let next = file.with_extension("next");
        fs::write(&next, format!("{by}\n"))
            .and_then(|()| fs::rename(&next, &file))
            .map_err(SupportError::io(format!("writing {}", file.display())))
    }

    /// Like [`create`](Self::create), with these lines at the end of `postgresql.conf`.
    ///
    /// # Errors
    /// The errors of [`create`](Self::create).
    pub fn create_with(settings: &str) -> Result<Self, SupportError> {
        let cluster = Self::create(Durability::Fast)?;
        cluster.stop_immediate()?;
        append(&cluster.home, settings)?;
        cluster.start()?;
        Ok(cluster)
    }

    fn create_at(
        durability: Durability,
        home: impl FnOnce(&ServerUser) -> Home,
        kind: &Kind<'_>,
    ) -> Result<Self, SupportError> {
        let bin = find_binaries(env::var_os("PATH").as_deref(), Path::new("/usr/lib/postgresql"))?;
        let user = ServerUser::choose()?;
        let home = home(&user);
        let mut guardian = Guardian::spawn(&bin, &home, &user, &kind.variables(&home)?)?;
        home.make(&user)?;
        guardian.order("init", &home)?;
        if matches!(kind, Kind::Template) {
            guardian.order("template", &home)?;
        }
        append(&home, &config::text(&bin, &home.socket, durability))?;
        if matches!(kind, Kind::Speaking(_)) {
            // In the locale `C` itself, gettext translates nothing.
            append(&home, "lc_messages = 'C.UTF-8'\n")?;
        }
        let port = first_start(&mut guardian, &home)?;
        Ok(Self { home, port, guardian: Mutex::new(guardian) })
    }

    /// Stops the server as a crash would: without a checkpoint and without closing connections.
    ///
    /// # Errors
    ///
    /// When the server is not running.
    pub fn stop_immediate(&self) -> Result<(), SupportError> {
        self.guardian().order("stop", &self.home)
    }

    /// Starts the server again, on the same port.
    ///
    /// # Errors
    ///
    /// When the server is running already, or does not start.
    pub fn start(&self) -> Result<(), SupportError> {
        self.guardian().order("start", &self.home)
    }

    /// Calls [`stop_immediate`](Self::stop_immediate), then [`start`](Self::start).
    ///
    /// # Errors
    ///
    /// When either fails.
    pub fn restart_immediate(&self) -> Result<(), SupportError> {
        self.stop_immediate()?;
        self.start()
    }

    /// The TCP port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder with the Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.home.socket
    }

    /// The data folder of the server.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.data()
    }

    /// The folder with what the server's files were at first.
    #[must_use]
    pub fn template(&self) -> PathBuf {
        self.home.template()
    }

    /// A `postgres://` URI for `database`, over TCP.
    #[must_use]
    pub fn uri(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn guardian(&self) -> MutexGuard<'_, Guardian> {
        // The lock may be poisoned by a panic in another test, which does not affect the server.
        self.guardian.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first_start(guardian: &mut Guardian, home: &Home) -> Result<u16, SupportError> {
    let mut attempt = 1;
    loop {
        let port = config::free_port();
        append(home, &format!("port = {port}\n"))?;
        match guardian.order("start", home) {
            Ok(()) => return Ok(port),
            Err(SupportError::Server { .. }) if attempt < PORT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Appends settings. Postgres uses the last value of each.
fn append(home: &Home, settings: &str) -> Result<(), SupportError> {
    let file = home.data().join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .and_then(|mut file| file.write_all(settings.as_bytes()))
        .map_err(SupportError::io(format!("writing {}", file.display())))
}
