//! Applies the parameters about certificates to the TLS connector of the application.

use super::TlsConnector;
use super::config::unsupported;
use fang_core::StoreError;
use fang_postgres::ConnectionString;
use std::any::TypeId;
use tokio_postgres::NoTls;

/// The names of files, for the connector.
const FILES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];

/// Whether this is a connector that encrypts.
pub(super) fn encrypts<Tls: TlsConnector>() -> bool {
    TypeId::of::<Tls>() != TypeId::of::<NoTls>()
}

/// The connector for this connection string.
///
/// # Errors
/// [`StoreError::Parameter`] when the connector cannot do what a parameter asks for.
pub(super) fn configured<Tls: TlsConnector>(tls: Tls, string: &ConnectionString) -> Result<Tls, StoreError> {
    #[cfg(feature = "rustls")]
    let tls = {
        let mut tls = tls;
        let any: &mut dyn std::any::Any = &mut tls;
        if let Some(rustls) = any.downcast_mut::<crate::rustls::Rustls>() {
            let [roots, certificate, key] = FILES.map(|name| string.get(name));
            rustls.read_files(roots, certificate, key)?;
            return Ok(tls);
        }
        tls
    };
    let verifies = string.get("sslmode").is_some_and(|mode| mode.starts_with("verify-"));
    let file = FILES.into_iter().find(|name| string.get(name).is_some());
    match verifies.then_some("sslmode").or(file) {
        Some(name) => Err(unsupported(name, HINT)),
        None => Ok(tls),
    }
}

const HINT: &str = "enable the feature `rustls` of fang and connect with `Rustls`; or set up certificates in the TLS \
    connector of your own, and use sslmode=require";
