//! The derive macros of [fang](https://docs.rs/fang), which re-exports them.

mod to_fang_error;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Lets `?` convert an error type of your own into a `FangError`, described by its `Debug` text. The type must
/// implement `Debug`, and be an enum or a struct. It may be generic.
#[proc_macro_derive(ToFangError)]
pub fn derive_to_fang_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    to_fang_error::expand(input).unwrap_or_else(syn::Error::into_compile_error).into()
}
