use crate::error::{QueueError, StoreError};

/// The answer to a call, and nothing if the store does not have it.
///
/// # Errors
/// Those of the call.
pub async fn offered<T: Default>(call: impl Future<Output = Result<T, QueueError>>) -> Result<T, QueueError> {
    match call.await {
        Err(QueueError::Store(StoreError::NotOffered { .. })) => Ok(T::default()),
        answer => answer,
    }
}
