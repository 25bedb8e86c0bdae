//! The derive macros of [fang](https://docs.rs/fang), which re-exports them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod to_fang_error;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Lets `?` turn an error of your own into a `FangError`, described by its `Debug` text. For enums and
/// structs, generic ones too; `Debug` is needed.
///
/// ```
/// use fang::{FangError, ToFangError};
///
/// #[derive(Debug, ToFangError)]
/// enum MailError {
///     Refused { code: u16 },
/// }
///
/// fn send() -> Result<(), MailError> {
///     Err(MailError::Refused { code: 550 })
/// }
///
/// fn run() -> Result<(), FangError> {
///     send()?;
///     Ok(())
/// }
///
/// assert_eq!(run().unwrap_err().description, "Refused { code: 550 }");
/// ```
#[proc_macro_derive(ToFangError)]
pub fn derive_to_fang_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    to_fang_error::expand(input).unwrap_or_else(syn::Error::into_compile_error).into()
}
