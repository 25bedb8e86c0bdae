//! The wait of a pool that starts while the server has no connection left.

use crate::policy::retry_pause::RetryPause;
use fang_core::StoreError;
use std::time::{Duration, Instant};

/// How long a start waits. Pools that run give up connections with their next beats, which are 5 s apart.
const AT_MOST: Duration = Duration::from_secs(60);

/// The tries of one step of a start.
#[derive(Debug)]
pub(super) struct Patience {
    step: &'static str,
    until: Instant,
    pause: RetryPause,
}

impl Patience {
    /// For this step, which a connection is needed for.
    pub(super) fn new(step: &'static str) -> Self {
        Self { step, until: Instant::now() + AT_MOST, pause: RetryPause::default() }
    }

    /// The pause before the next try after this error. Logs the first one.
    ///
    /// # Errors
    /// This error, if the server is not merely out of connections, or the time is over.
    pub(super) fn after(&mut self, error: StoreError) -> Result<Duration, StoreError> {
        if !matches!(error, StoreError::TooManyConnections { .. }) || Instant::now() >= self.until {
            return Err(error);
        }
        if self.pause.is_first() {
            let (step, seconds) = (self.step, AT_MOST.as_secs());
            log::warn!("a pool that starts waits up to {seconds} s for a connection for {step}: {error}");
        }
        Ok(self.pause.next_refused(fastrand::f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_without_connections_is_waited_for_and_not_for_ever() {
        let full = || StoreError::from_sqlstate("53300", "too many clients".into());
        let mut patience = Patience::new("a test");
        assert!(patience.after(full()).is_ok());
        assert!(patience.after(StoreError::from_sqlstate("28P01", "password".into())).is_err());
        patience.until = Instant::now();
        assert!(patience.after(full()).is_err());
    }
}
