//! The TLS connector `Rustls`.

use fang_core::{FangError, StoreError};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::CertificateResult;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use tokio_postgres::Socket;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A TLS connector over rustls. It accepts a server if the certificate of the server is signed by one of the trusted
/// roots and names the host of the `uri`. libpq calls this `verify-full`. Needs the feature `rustls`.
///
/// TLS is required, unless `sslmode` in the connection string is `disable`, `allow` or `prefer`. The modes `require`,
/// `verify-ca` and `verify-full` all verify the server as `verify-full` does. `sslrootcert` in the connection string
/// names a file with root certificates that take the place of those of this connector; with `system` it trusts those
/// of the system. `sslcert` and `sslkey` name the files of a client certificate and its key, in PEM format.
///
/// ```no_run
/// use fang_asynk::{AsyncQueue, Rustls};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let uri = "postgres://fang:secret@db.example.com/app";
/// let mut queue: AsyncQueue<Rustls> = AsyncQueue::builder().uri(uri).build();
/// queue.connect(Rustls::system_roots()?).await?;
/// # Ok(()) }
/// ```
///
/// The connector uses the crate ring for cryptography, and leaves the default provider of the process alone. For
/// another provider, use `MakeRustlsConnect` of the crate `tokio-postgres-rustls`, which is a
/// [`TlsConnector`](crate::TlsConnector) too.
#[derive(Clone)]
pub struct Rustls {
    connector: MakeRustlsConnect,
    roots: RootCertStore,
}

impl Rustls {
    /// Creates a connector that trusts the root certificates of the system. The environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name others in their place. Reads files, so call it once, at the start of
    /// the program.
    ///
    /// # Errors
    /// [`RustlsError::NoSystemRoots`] when no root certificate is found.
    pub fn system_roots() -> Result<Self, RustlsError> {
        Self::with_native(rustls_native_certs::load_native_certs())
    }

    /// Creates a connector that trusts only the root certificates in `pem`, such as those of a database provider or
    /// of your own authority.
    ///
    /// ```no_run
    /// use fang_asynk::{AsyncQueue, Rustls};
    /// # async fn example(mut queue: AsyncQueue<Rustls>) -> Result<(), Box<dyn std::error::Error>> {
    /// let pem = std::fs::read("/etc/app/postgres-ca.pem")?;
    /// queue.connect(Rustls::with_roots_pem(&pem)?).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RustlsError::NoCertificate`] when `pem` contains no certificate, [`RustlsError::Pem`] when one cannot be
    /// read, and [`RustlsError::Root`] when one cannot be used as a root.
    pub fn with_roots_pem(pem: &[u8]) -> Result<Self, RustlsError> {
        Self::new(roots(pem)?)
    }

    /// Applies the files that a connection string names.
    pub(crate) fn read_files(
        &mut self,
        roots_file: Option<&str>,
        certificate: Option<&str>,
        key: Option<&str>,
    ) -> Result<(), StoreError> {
        let trusted = match roots_file {
            None => self.roots.clone(),
            Some("system") => Self::system_roots().map_err(|error| unusable("sslrootcert", &error))?.roots,
            Some(file) => {
                roots(&read("sslrootcert", file)?).map_err(|error| unusable("sslrootcert", &error))?
            }
        };
        let client = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(client(certificate, key)?),
            (None, None) => None,
            (Some(_), None) => return Err(unusable("sslcert", &"sslkey has to name the file of its key")),
            (None, Some(_)) => {
                return Err(unusable("sslkey", &"sslcert has to name the file of its certificate"));
            }
        };
        if roots_file.is_some() || client.is_some() {
            *self = Self::with_client(trusted, client).map_err(|error| unusable("sslcert", &error))?;
        }
        Ok(())
    }

    fn with_native(found: CertificateResult) -> Result<Self, RustlsError> {
        let mut roots = RootCertStore::empty();
        // Systems often have some old certificates that cannot be parsed. The others are enough.
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let source = found.errors.into_iter().next().map(|error| Box::new(error) as Source);
            return Err(RustlsError::NoSystemRoots { source });
        }
        Self::new(roots)
    }

    fn new(roots: RootCertStore) -> Result<Self, RustlsError> {
        Self::with_client(roots, None)
    }

    fn with_client(roots: RootCertStore, client: Option<Client>) -> Result<Self, RustlsError> {
        let protocol = |error| RustlsError::Protocol { source: Box::new(error) };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(protocol)?
            .with_root_certificates(roots.clone());
        let config = match client {
            Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(protocol)?,
            None => config.with_no_client_auth(),
        };
        Ok(Self { connector: MakeRustlsConnect::new(config), roots })
    }
}

/// The certificates of a client, and the key of the first.
type Client = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn roots(pem: &[u8]) -> Result<RootCertStore, RustlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| RustlsError::Pem { source: Box::new(error) })?;
        roots.add(certificate).map_err(|error| RustlsError::Root { source: Box::new(error) })?;
    }
    if roots.is_empty() { Err(RustlsError::NoCertificate) } else { Ok(roots) }
}

fn client(certificate: &str, key: &str) -> Result<Client, StoreError> {
    let chain = read("sslcert", certificate)?;
    let chain = CertificateDer::pem_slice_iter(&chain).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| unusable("sslcert", &error))?;
    let key =
        PrivateKeyDer::from_pem_slice(&read("sslkey", key)?).map_err(|error| unusable("sslkey", &error))?;
    Ok((chain, key))
}

fn read(name: &'static str, file: &str) -> Result<Vec<u8>, StoreError> {
    std::fs::read(file).map_err(|error| unusable(name, &format!("its file cannot be read: {error}")))
}

fn unusable(name: &'static str, reason: &dyn fmt::Display) -> StoreError {
    StoreError::Parameter { name, reason: reason.to_string() }
}

impl fmt::Debug for Rustls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rustls").field("roots", &self.roots.len()).finish_non_exhaustive()
    }
}

impl MakeTlsConnect<Socket> for Rustls {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type TlsConnect = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        MakeTlsConnect::<Socket>::make_tls_connect(&mut self.connector, domain)
    }
}

type Source = Box<dyn Error + Send + Sync>;

/// Why a [`Rustls`] could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RustlsError {
    /// The system has no root certificates, or they cannot be read.
    #[error(
        "no root certificates were found on this system{}; install ca-certificates, or use \
         Rustls::with_roots_pem", because(source.as_ref())
    )]
    NoSystemRoots {
        /// The first error of the search, if there was one.
        source: Option<Source>,
    },
    /// A certificate is not valid PEM.
    #[error("the root certificates cannot be read: {source}; pass the file of the CA in PEM format")]
    Pem {
        /// The error of the parser.
        source: Source,
    },
    /// The text contains no certificate.
    #[error(
        "there is no certificate among the root certificates; pass the file of the CA, with its lines \
         -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate,
    /// One of the certificates cannot be used as a root.
    #[error("a root certificate cannot be used: {source}; pass the certificate of the CA (X.509, version 3)")]
    Root {
        /// The reason.
        source: Source,
    },
    /// The cryptography provider supports no version of TLS.
    #[error("TLS cannot be set up: {source}; check the features of the crate rustls")]
    Protocol {
        /// The error of rustls.
        source: Source,
    },
}

fn because(source: Option<&Source>) -> String {
    source.map_or_else(String::new, |error| format!(" ({error})"))
}

impl From<RustlsError> for FangError {
    fn from(error: RustlsError) -> Self {
        Self { description: error.to_string() }
    }
}

#[cfg(test)]
// Tests report by panics.
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_system_without_certificates_says_what_to_install() {
        let error = Rustls::with_native(CertificateResult::default()).unwrap_err();
        let text = "no root certificates were found on this system; install ca-certificates, or use \
                    Rustls::with_roots_pem";
        assert_eq!(error.to_string(), text);
        assert_eq!(FangError::from(error).description, text);
    }

    #[test]
    fn an_unreadable_file_of_root_certificates_is_named_in_the_error() {
        let found = rustls_native_certs::load_certs_from_paths(Some("/no/such/file".as_ref()), None);
        let error = Rustls::with_native(found).unwrap_err();
        assert!(error.to_string().contains("'/no/such/file'"), "{error}");
        assert!(error.source().is_some());
    }

    #[test]
    fn a_text_without_certificates_is_refused() {
        let key = "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n";
        for text in ["", "hunter2", key] {
            let error = Rustls::with_roots_pem(text.as_bytes()).unwrap_err();
            assert!(matches!(error, RustlsError::NoCertificate), "{error:?}");
            assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
        }
    }

    #[test]
    fn an_invalid_certificate_is_refused_and_not_shown() {
        let unreadable = "-----BEGIN CERTIFICATE-----\nhunter2 !\n-----END CERTIFICATE-----\n";
        let error = Rustls::with_roots_pem(unreadable.as_bytes()).unwrap_err();
        assert!(matches!(error, RustlsError::Pem { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        let other = "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n";
        let error = Rustls::with_roots_pem(other.as_bytes()).unwrap_err();
        assert!(matches!(error, RustlsError::Root { .. }), "{error:?}");
    }
}
