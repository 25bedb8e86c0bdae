//! The check of a task before a queue inserts it.

use super::{MAX_HEADERS_BYTES, MAX_TASK_TYPE_BYTES, NewTask};
use crate::error::PayloadError;
use crate::options::Headers;
use crate::{kind, payload};

impl NewTask {
    /// Checks that a store can save the task, and that its payload comes back as it is. Queues call this
    /// before they insert it.
    ///
    /// # Errors
    /// [`PayloadError`] when the task could not be made; when the payload is larger than `max_payload_bytes`,
    /// names no kind or has a field twice; when it would be another one after it was saved and decoded; when
    /// it, the task type or a tag contains a NUL character; or when the kind, the task type or a tag does not
    /// have 1 to 255 bytes.
    pub fn check(&self, max_payload_bytes: usize) -> Result<(), PayloadError> {
        if let Some(error) = &self.refused {
            return Err((**error).clone());
        }
        if self.metadata.len() > max_payload_bytes {
            return Err(PayloadError::TooLarge {
                kind: kind::shown_name(&kind::name(&self.metadata).unwrap_or("a task".into())).to_owned(),
                bytes: self.metadata.len(),
                limit: max_payload_bytes,
            });
        }
        if has_nul(&self.metadata) {
            return Err(PayloadError::Nul { place: "the payload" });
        }
        if self.task_type.contains('\0') {
            return Err(PayloadError::Nul { place: "the task type" });
        }
        if self.task_type.is_empty() || self.task_type.len() > MAX_TASK_TYPE_BYTES {
            return Err(PayloadError::TaskTypeLength {
                bytes: self.task_type.len(),
                limit: MAX_TASK_TYPE_BYTES,
            });
        }
        self.options.tags.iter().try_for_each(|tag| check_tag(tag))?;
        check_headers(&self.options.headers)?;
        payload::check(&self.metadata, self.origin, self.mode)
    }
}

fn check_tag(tag: &str) -> Result<(), PayloadError> {
    if tag.contains('\0') {
        return Err(PayloadError::Nul { place: "a tag" });
    }
    match tag.len() {
        1..=MAX_TASK_TYPE_BYTES => Ok(()),
        bytes => Err(PayloadError::TagLength { bytes, limit: MAX_TASK_TYPE_BYTES }),
    }
}

fn check_headers(headers: &Headers) -> Result<(), PayloadError> {
    if headers.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(PayloadError::Nul { place: "a header" });
    }
    match headers.iter().map(|(name, value)| name.len() + value.len()).sum() {
        0..=MAX_HEADERS_BYTES => Ok(()),
        bytes => Err(PayloadError::HeadersLength { bytes, limit: MAX_HEADERS_BYTES }),
    }
}

/// A NUL character in JSON text: written as it is, or as an escape whose backslash is not itself
/// escaped.
fn has_nul(json: &str) -> bool {
    json.contains('\0')
        || json.contains('\\')
            && json.match_indices("\\u0000").any(|(at, _)| {
                let before = json.as_bytes().get(..at).unwrap_or_default();
                let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
                backslashes % 2 == 0
            })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Mode;
    use proptest::prelude::*;

    const PLAIN: &str = r#"{"type":"Plain"}"#;

    fn task(metadata: String) -> NewTask {
        NewTask::new(metadata, "common".into(), Mode::Asynk)
    }

    #[test]
    fn a_payload_over_the_limit_names_its_kind_and_both_sizes() {
        let json = format!(r#"{{"type":"Big","x":"{}"}}"#, "x".repeat(100));
        let text = task(json).check(64).unwrap_err().to_string();
        assert!(text.contains("Big") && text.contains("121") && text.contains("64"), "{text}");
    }

    #[test]
    fn a_task_type_that_no_index_can_hold_is_refused() {
        for bad in [String::new(), "x".repeat(256), "a\0b".to_owned()] {
            assert!(task(PLAIN.into()).task_type(bad).check(64).is_err());
        }
        assert!(task(PLAIN.into()).task_type("it's \"quoted\" 🦀").check(64).is_ok());
    }

    #[test]
    fn a_kind_of_more_than_255_bytes_is_refused() {
        let of_kind = |kind: &str| NewTask::of_kind(kind, serde_json::json!({})).check(1000);
        assert!(of_kind(&"x".repeat(255)).is_ok());
        let by_text = task(format!(r#"{{"n":1,"type":"{}"}}"#, "x".repeat(256))).check(1000);
        for refused in [of_kind(&"é".repeat(128)), by_text] {
            assert!(
                matches!(refused, Err(PayloadError::KindLength { bytes: 256, limit: 255 })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn headers_that_are_too_long_or_have_a_nul_are_refused() {
        let with = |value: String| task(PLAIN.into()).header("traceparent", value).check(64);
        assert!(with("x".repeat(MAX_HEADERS_BYTES - 11)).is_ok());
        let too_long = with("x".repeat(MAX_HEADERS_BYTES - 10)).unwrap_err().to_string();
        assert!(too_long.contains("8193") && too_long.contains("8192"), "{too_long}");
        assert!(matches!(with("\0".into()), Err(PayloadError::Nul { place: "a header" })));
    }

    #[test]
    fn debug_shows_no_payload() {
        let shown = format!("{:?}", task(r#"{"password":"hunter2"}"#.into()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_nul_is_found_exactly_where_there_is_one(text in r"(\\|\x00|u0000|a){0,12}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(has_nul(&json), text.contains('\0'), "{}", json);
        }
    }
}
