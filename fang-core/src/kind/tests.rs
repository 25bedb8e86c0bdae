use super::*;
use crate::{AsyncQueueable, AsyncRunnable, FangError};
use serde::Serialize;

#[derive(Serialize, Deserialize)]
struct Known {
    number: u16,
}

#[typetag::serde]
#[async_trait::async_trait]
impl AsyncRunnable for Known {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

    fn task_type(&self) -> String {
        self.number.to_string()
    }
}

fn error(metadata: &str) -> Undecodable {
    decode::<dyn AsyncRunnable>(metadata).err().unwrap()
}

#[test]
fn a_registered_kind_is_decoded_wherever_its_tag_stands() {
    for json in [r#"{"type":"Known","number":7}"#, r#"{"number":7,"type":"Known"}"#] {
        assert_eq!(decode::<dyn AsyncRunnable>(json).unwrap().task_type(), "7");
    }
}

#[test]
fn an_unknown_kind_is_told_from_a_malformed_payload() {
    assert_eq!(error(r#"{"type":"FromTheFuture","x":1}"#), Undecodable::UnknownKind("FromTheFuture".into()));
    assert!(matches!(error(r#"{"type":"Known","number":"x"}"#), Undecodable::Malformed(_)));
    assert!(matches!(error(r#"{"number":1}"#), Undecodable::Malformed(_)));
    assert!(matches!(error("[]"), Undecodable::Malformed(_)));
}

#[test]
fn errors_show_the_begin_of_a_long_kind() {
    let json = format!(r#"{{"type":"{}"}}"#, "x".repeat(5_000_000));
    assert_eq!(error(&json), Undecodable::UnknownKind("x".repeat(255)));
    let mut kinds = Kinds::default();
    kinds.allow("Other");
    let refused = kinds.decode::<dyn AsyncRunnable>(&json).err();
    assert_eq!(refused, Some(Undecodable::NotAllowed("x".repeat(255))));
}

#[test]
fn a_kind_that_is_not_allowed_is_not_decoded() {
    let known = r#"{"type":"Known","number":7}"#;
    let mut kinds = Kinds::default();
    assert!(kinds.decode::<dyn AsyncRunnable>(known).is_ok());
    kinds.allow("Other");
    let refused = kinds.decode::<dyn AsyncRunnable>(known).err();
    assert_eq!(refused, Some(Undecodable::NotAllowed("Known".into())));
    kinds.allow("Known");
    assert!(kinds.decode::<dyn AsyncRunnable>(known).is_ok());
}

#[test]
fn names_that_differ_are_fine() {
    assert!(check_names::<dyn AsyncRunnable>().is_ok());
}

#[test]
fn the_reason_never_quotes_the_payload() {
    let Undecodable::Malformed(misfit) = error(r#"{"type":"Known","number":"hunter2"}"#) else {
        panic!("it should be malformed");
    };
    assert_eq!(misfit.to_string(), "Known: there is another value in place of u16, at `number`");
}

#[test]
fn nesting_too_deep_is_malformed_not_a_stack_overflow() {
    let deep = format!(r#"{{"type":"Known","number":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    assert!(matches!(error(&deep), Undecodable::Malformed(_)));
}

#[test]
fn a_missing_field_or_an_unknown_variant_may_be_of_a_newer_program() {
    let Undecodable::Newer(misfit) = error(r#"{"type":"Known"}"#) else { panic!("it may be newer") };
    assert_eq!(misfit.to_string(), "Known: the field `number` is missing, at the payload itself");
}
