//! Mails.

use fang::Uuid;
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

    /// Sends a mail, once for each call. Its `Message-ID` is made of the name: give a mail that is sent again the same name,
    /// so that the mail server can drop the second.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub async fn send(&self, name: &str, mail: &Mail) -> io::Result<()> {
        fs::create_dir_all(&self.folder).await?;
        let Mail { to, subject, text } = mail;
        let mail = format!("Message-ID: <{name}@shop.example>\nTo: {to}\nSubject: {subject}\n\n{text}\n");
        // The pickup sees a whole file or none. Two runs at the same time write a file each.
        let unfinished = self.folder.join(format!(".{name}-{}", Uuid::new_v4()));
        fs::write(&unfinished, mail).await?;
        fs::rename(unfinished, self.folder.join(format!("{name}.eml"))).await
    }
}
