use std::sync::Arc;

/// Why a task cannot be saved. Nothing was sent to the store.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The struct does not serialize to JSON, or the payload is not JSON.
    #[error("the task cannot be serialized: {0}; look at its Serialize implementation")]
    Serialize(#[source] Arc<serde_json::Error>),
    /// The payload is larger than the queue allows: `max_payload_bytes` of its builder, 1 MiB by default.
    #[error(
        "the payload of {kind} has {bytes} bytes, {limit} are allowed; keep large data elsewhere \
         and put a reference to it into the task, or raise max_payload_bytes of the queue"
    )]
    TooLarge {
        /// The kind of the task.
        kind: String,
        /// The size of the payload, in bytes of JSON.
        bytes: usize,
        /// The limit of the queue, in bytes.
        limit: usize,
    },
    /// A text contains a NUL character, which Postgres cannot store.
    #[error("{place} contains a NUL character, which Postgres cannot store; remove or encode it")]
    Nul {
        /// The part of the task that contains it, such as `the payload` or `a tag`.
        place: &'static str,
    },
    /// The task type does not have 1 to 255 bytes.
    #[error("the task type has {bytes} bytes; 1 to {limit} are allowed")]
    TaskTypeLength {
        /// The length of the task type, in bytes.
        bytes: usize,
        /// The longest that is allowed, in bytes.
        limit: usize,
    },
    /// The payload lacks a field by which the task is unique.
    #[error("the payload has no field {field:?}, by which the task is unique; name one that it has")]
    UniqueField {
        /// The name of the field.
        field: String,
    },
    /// The key by which the task is unique does not have 1 to 1,024 bytes.
    #[error("the unique key has {bytes} bytes; 1 to {limit} are allowed")]
    UniqueKeyLength {
        /// The length of the key, in bytes.
        bytes: usize,
        /// The longest that is allowed, in bytes.
        limit: usize,
    },
    /// A tag does not have 1 to 255 bytes.
    #[error("a tag has {bytes} bytes; 1 to {limit} are allowed")]
    TagLength {
        /// The length of the tag, in bytes.
        bytes: usize,
        /// The longest that is allowed, in bytes.
        limit: usize,
    },
}

impl From<serde_json::Error> for PayloadError {
    fn from(error: serde_json::Error) -> Self {
        Self::Serialize(Arc::new(error))
    }
}
