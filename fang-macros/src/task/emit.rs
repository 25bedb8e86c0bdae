//! The code that a function becomes.

use super::arguments::{Argument, Arguments, Role};
use super::options::Options;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, LitStr, ReturnType};

/// A task of either mode.
struct Task<'a> {
    function: &'a ItemFn,
    arguments: &'a Arguments,
    options: &'a Options,
    kind: LitStr,
    /// The trait of its mode.
    runnable: TokenStream,
    /// The trait of the queues of its mode.
    queueable: TokenStream,
    /// The function of `NewTask`, and the variant of `Mode`.
    mode: (Ident, Ident),
}

pub(super) fn task(function: &ItemFn, arguments: &Arguments, options: &Options) -> TokenStream {
    let is_async = function.sig.asyncness.is_some();
    let name = &function.sig.ident;
    let ident = |text: &str| Ident::new(text, Span::call_site());
    let own = || LitStr::new(&name.unraw().to_string(), name.span());
    let task = Task {
        function,
        arguments,
        options,
        kind: options.kind.clone().unwrap_or_else(own),
        runnable: if is_async { quote!(::fang::AsyncRunnable) } else { quote!(::fang::Runnable) },
        queueable: if is_async { quote!(::fang::AsyncQueueable) } else { quote!(::fang::Queueable) },
        mode: if is_async {
            (ident("asynk"), ident("Asynk"))
        } else {
            (ident("blocking"), ident("Blocking"))
        },
    };
    let (constructor, data, call, behind) = (task.constructor(), task.data(), task.call(), task.behind());
    quote!(#constructor #data #call #behind)
}

/// Where an attribute of the function goes.
fn is_for_all(attr: &Attribute) -> bool {
    ["cfg", "allow", "warn", "deny", "forbid"].iter().any(|name| attr.path().is_ident(name))
}

fn is_for_users(attr: &Attribute) -> bool {
    is_for_all(attr) || attr.path().is_ident("doc") || attr.path().is_ident("deprecated")
}

impl Task<'_> {
    fn name(&self) -> &Ident {
        &self.function.sig.ident
    }

    fn attrs(&self, goes: fn(&Attribute) -> bool) -> impl Iterator<Item = &Attribute> {
        self.function.attrs.iter().filter(move |attr| goes(attr))
    }

    /// The function that makes the task to insert.
    fn constructor(&self) -> TokenStream {
        let (name, vis, attrs) = (self.name(), &self.function.vis, self.attrs(is_for_users));
        let (new_task, _) = &self.mode;
        let saved = || self.arguments.saved();
        let (names, types) = (saved().map(|argument| &argument.name), saved().map(|argument| &argument.ty));
        let fields = saved().map(|argument| &argument.name);
        let version = self.version_field(&quote!(::fang::__private::Version));
        let priority = self.options.priority.iter();
        quote! {
            #(#attrs)*
            #[allow(clippy::used_underscore_binding)]
            #vis fn #name(#(#names: #types),*) -> ::fang::NewTask {
                ::fang::__private::new_task(::fang::NewTask::#new_task(&#name { #(#fields,)* #version })) #(.priority(#priority))*
            }
        }
    }

    /// The struct that is saved.
    fn data(&self) -> TokenStream {
        let (name, vis, attrs) = (self.name(), &self.function.vis, self.attrs(is_for_users));
        let fields = self.arguments.saved().map(Argument::field);
        let (deserialize, version) = match &self.options.version {
            None => (quote!(, ::fang::serde::Deserialize), quote!()),
            Some((number, _)) => {
                let field = self.version_field(&quote!(::fang::__private::Version<#number>));
                (quote!(), quote!(#[serde(rename = "version")] #field))
            }
        };
        let doc = format!("\n\nThe task that the function `{}` makes.", name.unraw());
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
        self.options.version.as_ref().map(|_| quote!(__version: #value))
    }

    /// How older arguments are read.
    fn upgrade(&self) -> Option<TokenStream> {
        let (number, upgrade) = self.options.version.as_ref()?;
        let name = self.name();
        let fields = self.arguments.saved().map(Argument::field);
        let names: Vec<_> = self.arguments.saved().map(|argument| &argument.name).collect();
        Some(quote! {
            #[derive(::fang::serde::Deserialize)]
            #[serde(crate = "::fang::serde")]
            struct Current { #(#fields),* }

            #[automatically_derived]
            impl<'de> ::fang::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::fang::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let Current { #(#names),* } = ::fang::__private::upgraded(deserializer, #number, #upgrade)?;
                    ::core::result::Result::Ok(Self { #(#names,)* __version: ::fang::__private::Version })
                }
            }
        })
    }

    /// The body, and the name of the kind.
    fn call(&self) -> TokenStream {
        let ItemFn { attrs, vis, sig, block } = self.function;
        let (name, kind) = (&sig.ident, &self.kind);
        let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
        let attrs =
            attrs.iter().filter(|attr| !attr.path().is_ident("doc") && !attr.path().is_ident("deprecated"));
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
        let (checks, upgrade, declaration) = (self.checks(), self.upgrade(), self.declaration());
        let own = {
            let (name, kind, run) = (self.name(), &self.kind, self.run());
            self.implementation(&quote!(#name), kind, &run)
        };
        let aliases = self.options.aliases.iter().enumerate().map(|(index, alias)| self.alias(index, alias));
        quote! {
            #(#attrs)*
            #[allow(clippy::used_underscore_binding)]
            const _: () = {
                #[allow(unused_imports)]
                use ::fang::typetag;
                #checks
                #upgrade
                #own
                #(#aliases)*
                #declaration
            };
        }
    }

    /// The bounds of the saved arguments, each with an error at its type.
    fn checks(&self) -> TokenStream {
        let types = self.arguments.saved().map(|argument| &argument.ty);
        types.map(|ty| quote_spanned!(ty.span()=> ::fang::__private::is_argument::<#ty>();)).collect()
    }

    /// The trait of the mode for a struct, under the name of a kind.
    fn implementation(&self, data: &TokenStream, kind: &LitStr, run: &TokenStream) -> TokenStream {
        let (runnable, queueable) = (&self.runnable, &self.queueable);
        let (asyncness, choices) = (&self.function.sig.asyncness, self.choices());
        let (attribute, queue) = match asyncness {
            Some(_) => (quote!(#[::fang::async_trait]), quote!(&mut dyn #queueable)),
            None => (quote!(), quote!(&dyn #queueable)),
        };
        quote! {
            #[typetag::serde(name = #kind)]
            #attribute
            #[automatically_derived]
            impl #runnable for #data {
                #asyncness fn run(&self, queue: #queue) -> ::core::result::Result<(), ::fang::FangError> {
                    #run
                }

                #choices
            }
        }
    }

    /// Calls the body.
    fn run(&self) -> TokenStream {
        let (name, queueable) = (self.name(), &self.queueable);
        let is_async = self.function.sig.asyncness.is_some();
        let wait = is_async.then(|| quote!(.await));
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
        quote! {
            #before
            let outcome = <#name>::call(#(#passed),*)#wait;
            #outcome
        }
    }

    /// The methods of the trait that the options override.
    fn choices(&self) -> TokenStream {
        let Options { task_type, max_retries, timeout, backoff, unique, scheduled, .. } = self.options;
        let some = |value: &Option<TokenStream>| {
            value
                .as_ref()
                .map(|value| quote!(::core::option::Option::Some(#value)))
                .into_iter()
                .collect::<Vec<_>>()
        };
        let (task_type, max_retries, scheduled) = (task_type.iter(), max_retries.iter(), scheduled.iter());
        let (timeout, backoff) = (some(timeout), some(backoff));
        let unique = some(&unique.as_ref().map(|unique| quote!(#unique)));
        quote! {
            #(fn task_type(&self) -> ::std::string::String {
                ::std::string::String::from(#task_type)
            })*
            #(fn max_retries(&self) -> i32 {
                #max_retries
            })*
            #(fn timeout(&self) -> ::core::option::Option<::core::time::Duration> {
                #timeout
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

    /// A kind of an earlier name, which runs as this one.
    fn alias(&self, index: usize, alias: &LitStr) -> TokenStream {
        let (name, runnable, data) = (self.name(), &self.runnable, format_ident!("Alias{index}"));
        let wait = self.function.sig.asyncness.map(|_| quote!(.await));
        let run = quote!(#runnable::run(&self.0, queue)#wait);
        let implementation = self.implementation(&quote!(#data), alias, &run);
        quote! {
            #[derive(::fang::serde::Serialize, ::fang::serde::Deserialize)]
            #[serde(crate = "::fang::serde", transparent)]
            struct #data(#name);

            #implementation
        }
    }

    /// What pools ask about the kind.
    fn declaration(&self) -> TokenStream {
        let (name, kind, aliases, (_, mode)) = (self.name(), &self.kind, &self.options.aliases, &self.mode);
        let task_type = match &self.options.task_type {
            Some(task_type) => quote!(#task_type),
            None => quote!(::fang::__private::DEFAULT_TASK_TYPE),
        };
        let states = self.arguments.0.iter().filter_map(|argument| match &argument.role {
            Role::State(ty) => Some(ty),
            _ => None,
        });
        quote! {
            #[automatically_derived]
            impl ::fang::Declared for #name {
                const KIND: &'static str = #kind;
                const DECLARATION: ::fang::__private::Declaration = ::fang::__private::Declaration {
                    kind: #kind,
                    aliases: &[#(#aliases),*],
                    mode: ::fang::Mode::#mode,
                    task_type: #task_type,
                    needs: &[#(::fang::__private::Need::state::<#states>()),*],
                };
            }

            ::fang::__private::inventory::submit! { <#name as ::fang::Declared>::DECLARATION }
        }
    }
}
