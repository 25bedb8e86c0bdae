//! The code that a function becomes.

use super::arguments::{Argument, Arguments, Role};
use super::kind::{Kind, Mode};
use super::options::Options;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, ReturnType};

/// A function that becomes a task.
struct Task<'a> {
    function: &'a ItemFn,
    arguments: &'a Arguments,
    kind: Kind<'a>,
}

pub(super) fn task(function: &ItemFn, arguments: &Arguments, options: &Options) -> TokenStream {
    let mode = if function.sig.asyncness.is_some() { Mode::Asynk } else { Mode::Blocking };
    let states = arguments.0.iter().filter_map(|argument| match &argument.role {
        Role::State(ty) => Some(&**ty),
        _ => None,
    });
    // Attributes of serde may give a field any name.
    let has_own_version = arguments.saved().any(|saved| saved.name == "version" || saved.is_of_serde());
    let kind = Kind::new(&function.sig.ident, mode, options, states.collect(), has_own_version);
    let task = Task { function, arguments, kind };
    let (constructor, data, call, behind) = (task.constructor(), task.data(), task.call(), task.behind());
    quote!(#constructor #data #call #behind)
}

/// Where an attribute of the function goes.
fn is_for_all(attr: &Attribute) -> bool {
    ["cfg", "allow", "warn", "deny", "forbid"].iter().any(|name| attr.path().is_ident(name))
}

fn is_for_users(attr: &Attribute) -> bool {
    is_for_all(attr) || attr.path().is_ident("doc")
}

/// Goes to the functions that users call. On the struct it would warn of what the library does with that.
fn is_deprecation(attr: &Attribute) -> bool {
    attr.path().is_ident("deprecated")
}

impl Task<'_> {
    /// The name of the struct.
    fn name(&self) -> &Ident {
        self.kind.name
    }

    fn attrs(&self, goes: fn(&Attribute) -> bool) -> impl Iterator<Item = &Attribute> {
        self.function.attrs.iter().filter(move |attr| goes(attr))
    }

    /// The function that makes the task to insert.
    fn constructor(&self) -> TokenStream {
        let (function, name, vis) = (&self.function.sig.ident, self.name(), &self.function.vis);
        let attrs = self.attrs(|attr| is_for_users(attr) || is_deprecation(attr));
        let new_task = self.kind.mode.new_task();
        let saved = || self.arguments.saved();
        let (names, types) = (saved().map(|argument| &argument.name), saved().map(|argument| &argument.ty));
        let fields = saved().map(|argument| &argument.name);
        let version = self.version_field(&quote!(::fang::__private::Version));
        quote! {
            #(#attrs)*
            #[allow(clippy::used_underscore_binding)]
            #vis fn #function(#(#names: #types),*) -> ::fang::NewTask {
                ::fang::__private::new_task(#new_task(&#name { #(#fields,)* #version }))
            }
        }
    }

    /// The struct that is saved.
    fn data(&self) -> TokenStream {
        let (name, vis, attrs) = (self.name(), &self.function.vis, self.attrs(is_for_users));
        let fields = self.arguments.saved().map(Argument::field);
        let (deserialize, version) = match &self.kind.options.version {
            None => (quote!(, ::fang::serde::Deserialize), quote!()),
            Some((number, _)) => {
                let field = self.version_field(&quote!(::fang::__private::Version<#number>));
                (quote!(), quote!(#[serde(rename = "version")] #field))
            }
        };
        let function = self.function.sig.ident.unraw();
        let doc = format!("\n\nThe task that the function `{function}` makes.");
        quote! {
            #(#attrs)*
            #[doc = #doc]
            #[allow(non_camel_case_types)]
            #[derive(::fang::serde::Serialize #deserialize)]
            #[serde(crate = "::fang::serde")]
            #vis struct #name { #(#fields,)* #version }
        }
    }

    /// The field for the version of the arguments, if they have one.
    fn version_field(&self, value: &TokenStream) -> Option<TokenStream> {
        self.kind.options.version.as_ref().map(|_| quote!(__version: #value))
    }

    /// How older arguments are read.
    fn upgrade(&self) -> Option<TokenStream> {
        let (number, upgrade) = self.kind.options.version.as_ref()?;
        let name = self.name();
        let fields = self.arguments.saved().map(Argument::field);
        let names: Vec<_> = self.arguments.saved().map(|argument| &argument.name).collect();
        Some(quote! {
            #[derive(::fang::serde::Deserialize)]
            #[serde(crate = "::fang::serde")]
            struct __Current { #(#fields),* }

            #[automatically_derived]
            impl<'de> ::fang::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::fang::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let __Current { #(#names),* } = ::fang::__private::upgraded(deserializer, #number, #upgrade)?;
                    ::core::result::Result::Ok(Self { #(#names,)* __version: ::fang::__private::Version })
                }
            }
        })
    }

    /// The body, and the name of the kind.
    fn call(&self) -> TokenStream {
        let ItemFn { attrs, vis, sig, block } = self.function;
        let (name, kind) = (self.name(), &self.kind.kind);
        let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
        let attrs = attrs.iter().filter(|attr| !attr.path().is_ident("doc"));
        let inputs = self.arguments.0.iter().map(|argument| &argument.written);
        let (asyncness, output) = (&sig.asyncness, &sig.output);
        quote! {
            #(#cfgs)*
            impl #name {
                /// The name of the kind: what `type` in the saved task says.
                #[allow(dead_code)]
                #vis const KIND: &'static str = #kind;

                /// Runs the body of the task, for tests.
                #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
                #(#attrs)*
                #vis #asyncness fn call(#(#inputs),*) #output #block
            }
        }
    }

    /// What the library needs, out of the way of the user's names.
    fn behind(&self) -> TokenStream {
        let attrs = self.attrs(is_for_all);
        let (checks, upgrade, kind) = (self.checks(), self.upgrade(), self.kind.behind(&self.run()));
        quote! {
            #(#attrs)*
            #[allow(clippy::used_underscore_binding)]
            const _: () = {
                #checks
                #upgrade
                #kind
            };
        }
    }

    /// The bounds of the saved arguments, each with an error at its type.
    fn checks(&self) -> TokenStream {
        let types = self.arguments.saved().map(|argument| &argument.ty);
        types.map(|ty| quote_spanned!(ty.span()=> ::fang::__private::is_argument::<#ty>();)).collect()
    }

    /// Calls the body.
    fn run(&self) -> TokenStream {
        let (name, queueable, wait) = (self.name(), self.kind.mode.queueable(), self.kind.mode.wait());
        let mut before = TokenStream::new();
        let mut passed = Vec::new();
        for (index, argument) in self.arguments.0.iter().enumerate() {
            let (argument_name, span) = (&argument.name, argument.ty.span());
            passed.push(match &argument.role {
                Role::Saved => quote_spanned!(span=> ::core::clone::Clone::clone(&self.#argument_name)),
                Role::Run => quote_spanned!(span=> &run),
                Role::State(_) => {
                    let value = format_ident!("state_{index}");
                    let queue = quote!(#queueable::context(&*queue));
                    before.extend(quote_spanned!(span=> let #value = ::fang::State::of(#queue)?;));
                    quote_spanned!(span=> #value)
                }
                Role::Queue { is_mutable: true } => quote_spanned!(span=> &mut *queue),
                Role::Queue { is_mutable: false } => quote_spanned!(span=> &*queue),
            });
        }
        if self.arguments.0.iter().any(|argument| matches!(argument.role, Role::Run)) {
            before.extend(quote!(let run = #queueable::as_run(&*queue);));
        }
        let span = match &self.function.sig.output {
            ReturnType::Default => Span::call_site(),
            ReturnType::Type(_, ty) => ty.span(),
        };
        let outcome = quote_spanned!(span=> ::fang::__private::Outcome::outcome(outcome));
        let allow = self.attrs(is_deprecation).map(|_| quote!(#[allow(deprecated)]));
        quote! {
            #before
            #(#allow)*
            let outcome = <#name>::call(#(#passed),*)#wait;
            #outcome
        }
    }
}
