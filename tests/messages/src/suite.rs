//! The messages of the compiler about functions, structs and queues that do not fit. Each says what to do, and points at the place.
//!
//! `TRYBUILD=overwrite` writes the messages anew, for a compiler that words them differently.

#[test]
fn a_function_that_cannot_be_a_task_is_told_what_to_do() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
