//! The server that the tests of this process use.

use crate::{Cluster, Durability, SupportError};
use std::{env, sync::OnceLock};

/// Returns the URI of the server in `DATABASE_URL`, or of the cluster that the process shares.
///
/// # Errors
///
/// When there is no server and none can be started.
pub fn server_uri() -> Result<String, SupportError> {
    static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
    if let Ok(uri) = env::var("DATABASE_URL") {
        return Ok(uri);
    }
    // The cluster is never dropped. The guardian removes it when the process ends.
    let cluster = SHARED.get_or_init(|| Cluster::create(Durability::Fast).map_err(|error| error.to_string()));
    match cluster {
        Ok(cluster) => Ok(cluster.uri("postgres")),
        Err(why) => Err(SupportError::Server { step: "start of the shared cluster", output: why.clone() }),
    }
}
