use std::sync::Arc;

/// Why a task cannot be saved. Nothing was sent to the store.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The struct does not serialize to JSON, or the payload is not JSON.
    #[error("the task cannot be serialized: {0}; look at its Serialize implementation")]
    Serialize(#[source] Arc<serde_json::Error>),
    /// The text that was given as a payload is not JSON.
    #[error("the payload is not JSON: {0}; give it valid JSON")]
    NotJson(#[source] Arc<serde_json::Error>),
    /// The payload does not name its kind, so no program could run the task.
    #[error(
        "the payload names no kind; name the function or struct that runs the task, in JSON by the field `type`"
    )]
    NoKind,
    /// The payload of a task that was made [of a kind](crate::NewTask::of_kind) is not a JSON object.
    #[error(
        "the payload of {kind} is not a JSON object; give the fields of the task by name, or {{}} if it has none"
    )]
    NotAnObject {
        /// The kind of the task.
        kind: String,
    },
    /// The payload has a field twice, and a store keeps only one of them.
    #[error(
        "the payload of {kind} has the field {field} twice, of which a store keeps only one (`type` is the kind \
         of a task); rename or remove a field, or a key of a flattened map"
    )]
    DuplicateField {
        /// The kind of the task.
        kind: String,
        /// The path of the field, in backticks. A key that does not look like the name of a field is shown as `?`.
        field: String,
    },
    /// The payload would not be the same after it was saved and decoded. Only a float that is NaN or infinite within an
    /// `Option` is not found: JSON has `null` for it as for `None`, so `Some(f64::NAN)` comes back as `None`.
    #[error(
        "the payload of {kind} does not come back from a store as it is: {reason}, at {field}; \
         change the type of the field, or how it is serialized"
    )]
    Changed {
        /// The kind of the task.
        kind: String,
        /// The path of the field, in backticks, or words for the whole payload. A key that does not look like the
        /// name of a field is shown as `?`.
        field: String,
        /// The reason.
        reason: String,
    },
    /// The code that reads the payload panicked.
    #[error(
        "the payload of {kind} cannot be checked, since the code that reads it panicked; mend the `upgrade` function or the \
         Deserialize implementation of the task"
    )]
    Panicked {
        /// The kind of the task.
        kind: String,
    },
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
    /// The kind has more than 255 bytes.
    #[error(
        "the kind has {bytes} bytes; 1 to {limit} are allowed; give the function or struct a shorter one"
    )]
    KindLength {
        /// The length of the kind, in bytes.
        bytes: usize,
        /// The longest that is allowed, in bytes.
        limit: usize,
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
    /// The headers of the task are too long.
    #[error("the headers of the task have {bytes} bytes, {limit} are allowed; keep large data elsewhere")]
    HeadersLength {
        /// The length of their names and values together, in bytes.
        bytes: usize,
        /// The most that is allowed, in bytes.
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
