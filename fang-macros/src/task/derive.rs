//! The expansion of `#[derive(fang::Task)]`.

use super::arguments::renames;
use super::kind::{Kind, Mode};
use super::options::Options;
use super::{Problems, versioned};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Meta};

/// The trait of the mode for a struct or an enum, which calls `Perform` or `PerformBlocking`.
pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut problems = Problems::default();
    if !input.generics.params.is_empty() {
        let why =
            "a task cannot be generic: it is saved and read back, so its fields need types of their own";
        problems.add(Error::new_spanned(&input.generics, why));
    }
    let saved = match &input.data {
        Data::Struct(data) => named(&data.fields),
        _ => Vec::new(),
    };
    let options = problems.note(tokens(&input.attrs).and_then(|tokens| Options::read(tokens, &saved)));
    let options = options.unwrap_or_default();
    problems.note(options.check_aliases(&input.ident));
    if let Some(name) = &options.struct_name {
        problems.add(Error::new(name.span(), "a struct has a name of its own; remove the option"));
    }
    problems.note(options.check_unique(|field| is_renamed(input, field)));
    let versioned = match &options.version {
        Some(version) => problems.note(versioned::implementations(input, version)),
        None => None,
    };
    problems.report()?;
    let mode = if options.blocking.is_some() { Mode::Blocking } else { Mode::Asynk };
    let states = options.needs.iter().flat_map(|(_, types)| types);
    let kind = Kind::new(&input.ident, mode, &options, states.collect(), may_have_version(input));
    let is_deprecated = input.attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let allow = is_deprecated.then(|| quote!(#[allow(deprecated)]));
    let code = emit(&kind, versioned.as_ref(), allow.as_ref());
    Ok(options.renamed(code))
}

/// Whether serde saves a field under another name.
fn is_renamed(input: &DeriveInput, field: &syn::Ident) -> bool {
    let Data::Struct(data) = &input.data else { return false };
    let mut fields = data.fields.iter().filter(|one| one.ident.as_ref() == Some(field));
    input.attrs.iter().any(renames) || fields.any(|one| one.attrs.iter().any(renames))
}

/// Whether a field may be saved as `version`. Attributes of serde may give a field any name.
fn may_have_version(input: &DeriveInput) -> bool {
    let is_of_serde = |attr: &Attribute| attr.path().is_ident("serde");
    match &input.data {
        Data::Struct(data) => {
            input.attrs.iter().any(is_of_serde)
                || data.fields.iter().any(|field| {
                    field.attrs.iter().any(is_of_serde)
                        || field.ident.as_ref().is_none_or(|name| name == "version")
                })
        }
        _ => true,
    }
}

fn named(fields: &Fields) -> Vec<&syn::Ident> {
    fields.iter().filter_map(|field| field.ident.as_ref()).collect()
}

/// The options in `#[task(..)]`.
fn tokens(attrs: &[Attribute]) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("task")) {
        match &attr.meta {
            Meta::List(list) if tokens.is_empty() => tokens = list.tokens.clone(),
            Meta::List(_) => {
                return Err(Error::new_spanned(attr, "write all options into one `#[task(..)]`"));
            }
            _ => return Err(Error::new_spanned(attr, "write the options in parentheses: `#[task(..)]`")),
        }
    }
    Ok(tokens)
}

/// `allow` keeps the code quiet about a struct that is deprecated.
fn emit(kind: &Kind<'_>, versioned: Option<&TokenStream>, allow: Option<&TokenStream>) -> TokenStream {
    let (name, queueable, new_task) = (kind.name, kind.mode.queueable(), kind.mode.new_task());
    let performed = match kind.mode {
        Mode::Asynk => quote!(<#name as ::fang::Perform>::perform(self, &run).await),
        Mode::Blocking => quote!(<#name as ::fang::PerformBlocking>::perform(self, &run)),
    };
    let behind = kind.behind(&quote! {
        let run = #queueable::as_run(&*queue);
        ::fang::__private::Outcome::outcome(#performed)
    });
    let check = quote_spanned!(name.span()=> ::fang::__private::is_saved::<#name>(););
    quote! {
        #allow
        const _: () = {
            #check
            #versioned
            #behind

            #[automatically_derived]
            impl ::core::convert::From<&#name> for ::fang::NewTask {
                fn from(task: &#name) -> Self {
                    ::fang::__private::new_task(#new_task(task))
                }
            }

            #[automatically_derived]
            impl ::core::convert::From<#name> for ::fang::NewTask {
                fn from(task: #name) -> Self {
                    Self::from(&task)
                }
            }
        };
    }
}
