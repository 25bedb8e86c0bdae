//! What the library needs of a kind: the trait of its mode, its earlier names, and what it says to pools.

use super::options::Options;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{LitStr, Type};

/// The mode of a task.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Asynk,
    Blocking,
}

impl Mode {
    /// The trait of its tasks.
    pub(super) fn runnable(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(::fang::AsyncRunnable),
            Self::Blocking => quote!(::fang::Runnable),
        }
    }

    /// The trait of its queues.
    pub(super) fn queueable(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(::fang::AsyncQueueable),
            Self::Blocking => quote!(::fang::Queueable),
        }
    }

    /// The function of `NewTask` for its tasks.
    pub(super) fn new_task(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(::fang::NewTask::asynk),
            Self::Blocking => quote!(::fang::NewTask::blocking),
        }
    }

    /// What follows a call that may wait.
    pub(super) fn wait(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(.await),
            Self::Blocking => quote!(),
        }
    }

    fn asyncness(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(async),
            Self::Blocking => quote!(),
        }
    }

    fn variant(self) -> TokenStream {
        match self {
            Self::Asynk => quote!(::fang::Mode::Asynk),
            Self::Blocking => quote!(::fang::Mode::Blocking),
        }
    }
}

/// A kind of tasks.
pub(super) struct Kind<'a> {
    /// The struct.
    pub(super) name: &'a Ident,
    /// The name under which it is saved.
    pub(super) kind: LitStr,
    pub(super) mode: Mode,
    pub(super) options: &'a Options,
    /// The types of the values that it takes from its pool.
    pub(super) states: Vec<&'a Type>,
    /// Whether its payloads surely have no field `version`, of the library or of the user.
    pub(super) is_first_version: bool,
}

impl<'a> Kind<'a> {
    /// Of a function or struct that is written under this name.
    pub(super) fn new(
        written: &'a Ident,
        mode: Mode,
        options: &'a Options,
        states: Vec<&'a Type>,
        has_own_version: bool,
    ) -> Self {
        let is_first_version = options.version.is_none() && !has_own_version;
        let (name, kind) = (options.struct_name.as_ref().unwrap_or(written), options.kind_of(written));
        Self { name, kind, mode, options, states, is_first_version }
    }

    /// All that the library needs, whose names nobody sees. `run` is the body of the method `run`.
    pub(super) fn behind(&self, run: &TokenStream) -> TokenStream {
        let (name, aliases) = (self.name, self.options.aliases.iter().enumerate());
        let own = self.implementation(&quote!(#name), &self.kind, run, &self.choices());
        let aliases = aliases.map(|(index, alias)| self.alias(index, alias));
        let (functions, declaration) = (self.functions(), self.declaration());
        quote! {
            #[allow(unused_imports)]
            use ::fang::typetag;
            #own
            #(#aliases)*
            #functions
            #declaration
        }
    }

    /// The trait of the mode for a struct, under the name of a kind.
    fn implementation(
        &self,
        data: &TokenStream,
        kind: &LitStr,
        run: &TokenStream,
        choices: &TokenStream,
    ) -> TokenStream {
        let (runnable, queueable) = (self.mode.runnable(), self.mode.queueable());
        let asyncness = self.mode.asyncness();
        let (attribute, queue) = match self.mode {
            Mode::Asynk => (quote!(#[::fang::async_trait]), quote!(&mut dyn #queueable)),
            Mode::Blocking => (quote!(), quote!(&dyn #queueable)),
        };
        quote! {
            #[typetag::serde(name = #kind)]
            #attribute
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #runnable for #data {
                #asyncness fn run(&self, queue: #queue) -> ::core::result::Result<(), ::fang::FangError> {
                    #run
                }

                #choices
            }
        }
    }

    /// The methods of the trait that the options override.
    fn choices(&self) -> TokenStream {
        let Options { task_type, priority, timeout, expires, keep, unique, scheduled, .. } = self.options;
        let max_retries = or_function(self.max_retries(), quote!(__max_retries()));
        let backoff = or_function(self.options.backoff.clone(), quote!(__backoff()));
        let some = |value: &Option<TokenStream>| {
            value
                .as_ref()
                .map(|value| quote!(::core::option::Option::Some(#value)))
                .into_iter()
                .collect::<Vec<_>>()
        };
        let (task_type, priority) = (task_type.iter(), priority.iter());
        let (max_retries, scheduled) = (max_retries.iter(), scheduled.iter());
        let (timeout, expires, keep, backoff) = (some(timeout), some(expires), some(keep), some(&backoff));
        let unique = some(&unique.as_ref().map(|unique| quote!(#unique)));
        quote! {
            #(fn task_type(&self) -> ::std::string::String {
                ::std::string::String::from(#task_type)
            })*
            #(fn priority(&self) -> ::fang::Priority {
                #priority
            })*
            #(fn max_retries(&self) -> i32 {
                #max_retries
            })*
            #(fn timeout(&self) -> ::core::option::Option<::core::time::Duration> {
                #timeout
            })*
            #(fn expires(&self) -> ::core::option::Option<::core::time::Duration> {
                #expires
            })*
            #(fn keep(&self) -> ::core::option::Option<::core::time::Duration> {
                #keep
            })*
            #(fn backoff_policy(&self) -> ::core::option::Option<::fang::Backoff> {
                #backoff
            })*
            #(fn unique_by(&self) -> ::core::option::Option<::fang::Unique> {
                #unique
            })*
            #(fn cron(&self) -> ::core::option::Option<::fang::Scheduled> {
                #scheduled
            })*
        }
    }

    /// A kind of an earlier name, which runs as this one. It is only read, never inserted.
    fn alias(&self, index: usize, alias: &LitStr) -> TokenStream {
        let (name, runnable, data) = (self.name, self.mode.runnable(), format_ident!("__Alias{index}"));
        let wait = self.mode.wait();
        let run = quote!(#runnable::run(&self.0, queue)#wait);
        let choices = quote! {
            fn task_type(&self) -> ::std::string::String {
                #runnable::task_type(&self.0)
            }
            fn max_retries(&self) -> i32 {
                #runnable::max_retries(&self.0)
            }
            fn timeout(&self) -> ::core::option::Option<::core::time::Duration> {
                #runnable::timeout(&self.0)
            }
            fn keep(&self) -> ::core::option::Option<::core::time::Duration> {
                #runnable::keep(&self.0)
            }
            fn backoff_policy(&self) -> ::core::option::Option<::fang::Backoff> {
                #runnable::backoff_policy(&self.0)
            }
        };
        let implementation = self.implementation(&quote!(#data), alias, &run, &choices);
        quote! {
            #[derive(::fang::serde::Serialize, ::fang::serde::Deserialize)]
            #[serde(crate = "::fang::serde", transparent)]
            #[allow(non_camel_case_types)]
            struct #data(#name);

            #implementation
        }
    }

    /// The retries, as far as they do not depend on arguments. They hold if the arguments cannot be read.
    fn retries(&self) -> TokenStream {
        let declared = |value: Option<&TokenStream>, function: TokenStream| match of_kind(value) {
            Some(_) => quote!(::core::option::Option::Some(#function)),
            None => quote!(::core::option::Option::None),
        };
        let max = declared(self.max_retries().as_ref(), quote!(__max_retries));
        let backoff = declared(self.options.backoff.as_ref(), quote!(__backoff));
        quote!(::fang::__private::Retries { max: #max, backoff: #backoff })
    }

    /// The functions that return them.
    fn functions(&self) -> TokenStream {
        let max_retries = self.max_retries();
        let max_retries = of_kind(max_retries.as_ref()).into_iter();
        let backoff = of_kind(self.options.backoff.as_ref()).into_iter();
        quote! {
            #(fn __max_retries() -> i32 {
                #max_retries
            })*
            #(fn __backoff() -> ::fang::Backoff {
                #backoff
            })*
        }
    }

    fn max_retries(&self) -> Option<TokenStream> {
        self.options.max_retries.as_ref().map(ToTokens::to_token_stream)
    }

    /// What pools ask about the kind.
    fn declaration(&self) -> TokenStream {
        let (name, kind, aliases) = (self.name, &self.kind, &self.options.aliases);
        let retries = self.retries();
        let (mode, states, is_first_version) = (self.mode.variant(), &self.states, self.is_first_version);
        let task_type = match &self.options.task_type {
            Some(task_type) => quote!(#task_type),
            None => quote!(::fang::__private::DEFAULT_TASK_TYPE),
        };
        quote! {
            #[automatically_derived]
            impl ::fang::Declared for #name {
                const KIND: &'static str = #kind;
                const DECLARATION: ::fang::__private::Declaration = ::fang::__private::Declaration {
                    kind: #kind,
                    aliases: &[#(#aliases),*],
                    mode: #mode,
                    task_type: #task_type,
                    needs: &[#(::fang::__private::Need::state::<#states>()),*],
                    is_first_version: #is_first_version,
                    retries: #retries,
                };
            }

            ::fang::__private::inventory::submit! { <#name as ::fang::Declared>::DECLARATION }
        }
    }
}

/// An expression, if it is the same for all tasks of a kind.
fn of_kind(value: Option<&TokenStream>) -> Option<&TokenStream> {
    value.filter(|value| !names_self(value))
}

/// An expression, or the call of the function that has it because it is the same for all tasks.
fn or_function(value: Option<TokenStream>, call: TokenStream) -> Option<TokenStream> {
    value.map(|value| if names_self(&value) { value } else { call })
}

/// Whether an expression reads arguments.
fn names_self(value: &TokenStream) -> bool {
    value.clone().into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "self" || name == "Self",
        TokenTree::Group(group) => names_self(&group.stream()),
        _ => false,
    })
}
