/// A task that cannot be saved as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The struct does not serialize to JSON.
    #[error("the task cannot be serialized: {0}; look at its Serialize implementation")]
    Serialize(#[from] serde_json::Error),
    /// The text that was given as a payload is not JSON.
    #[error("the payload is not JSON: {0}; give it valid JSON")]
    NotJson(#[source] serde_json::Error),
    /// The payload does not name its kind, so no program could run the task.
    #[error("the payload names no kind; give its field `type` the name of a registered struct")]
    NoKind,
    /// The payload has a field twice, and a store keeps only one of them.
    #[error(
        "the payload of {kind} has the field {field} twice, of which a store keeps only one (`type` is the kind \
         of a task); rename a field, or remove the key from the flattened map"
    )]
    DuplicateField {
        /// The kind of the task.
        kind: String,
        /// The path of the field, in backticks. A key that does not look like the name of a field is shown as `?`.
        field: String,
    },
    /// The payload would not be the same after it was saved and decoded.
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
    /// The payload is longer than the queue allows.
    #[error(
        "the payload of {kind} has {bytes} bytes, {limit} are allowed; keep large data elsewhere \
         and put a reference to it into the task, or raise max_payload_bytes of the queue"
    )]
    TooLarge {
        /// The kind of the task.
        kind: String,
        /// The size of its JSON.
        bytes: usize,
        /// The limit of the queue.
        limit: usize,
    },
    /// A text contains a NUL character, which Postgres cannot store.
    #[error("{place} contains a NUL character, which Postgres cannot store; remove or encode it")]
    Nul {
        /// The part of the task that contains it.
        place: &'static str,
    },
    /// The task type is empty or too long.
    #[error("the task type has {bytes} bytes; 1 to {limit} are allowed")]
    TaskTypeLength {
        /// The length of the task type.
        bytes: usize,
        /// The longest that is allowed.
        limit: usize,
    },
    /// The payload lacks a field by which the task is unique.
    #[error("the payload has no field {field:?}, by which the task is unique; name one that it has")]
    UniqueField {
        /// The name of the field.
        field: String,
    },
    /// The key that makes the task unique is empty or too long.
    #[error("the unique key has {bytes} bytes; 1 to {limit} are allowed")]
    UniqueKeyLength {
        /// The length of the key.
        bytes: usize,
        /// The longest that is allowed.
        limit: usize,
    },
    /// A tag is empty or too long.
    #[error("a tag has {bytes} bytes; 1 to {limit} are allowed")]
    TagLength {
        /// The length of the tag.
        bytes: usize,
        /// The longest that is allowed.
        limit: usize,
    },
}
