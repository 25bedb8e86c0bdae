//! The macros of [fang](https://docs.rs/fang), which re-exports them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod task;
mod to_fang_error;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `From` of the type for `FangError`, so that `?` converts it in `run`. The description is the `Debug` text
/// of the error, which may quote a payload: it is saved in the row of the task.
///
/// Works for enums and structs, also with generic parameters. The type must implement `Debug`. A union does not
/// compile.
#[proc_macro_derive(ToFangError)]
pub fn derive_to_fang_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    to_fang_error::expand(input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a task of a function. The crate `fang` describes it.
#[proc_macro_attribute]
pub fn task(options: TokenStream, function: TokenStream) -> TokenStream {
    task::expand(options.into(), function.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a task of a struct or an enum. The crate `fang` describes it.
#[proc_macro_derive(Task, attributes(task, serde))]
pub fn derive_task(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    task::expand_derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
