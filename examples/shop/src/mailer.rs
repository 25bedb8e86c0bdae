//! Mails.

use std::io;
use std::path::PathBuf;
use tokio::fs;

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address of the receiver.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Sends mails: writes each as a file into a folder, as for the pickup of a mail server.
#[derive(Clone, Debug)]
pub struct Mailer {
    folder: PathBuf,
}

impl Mailer {
    /// Sends mails by this folder. It is created by the first mail.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Sends a mail. A second mail of the same name replaces the first, so a task that runs twice sends one mail.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub async fn send(&self, name: &str, mail: &Mail) -> io::Result<()> {
        fs::create_dir_all(&self.folder).await?;
        let Mail { to, subject, text } = mail;
        // The pickup sees a whole file or none.
        let unfinished = self.folder.join(format!(".{name}"));
        fs::write(&unfinished, format!("To: {to}\nSubject: {subject}\n\n{text}\n")).await?;
        fs::rename(unfinished, self.folder.join(format!("{name}.eml"))).await
    }
}
