//! The expansion of `#[fang::task]`.
//!
//! A function becomes a struct of its name with the saved arguments as fields, a constructor of its name that returns a
//! `NewTask`, and the trait of its mode for the struct. Everything that the traits need is named through `::fang`, so
//! that users depend on `fang` alone.

mod arguments;
mod backoff;
mod cron;
mod derive;
mod emit;
mod kind;
mod literal;
mod options;
mod renamed;
mod time;
mod unique;
mod versioned;

use arguments::Arguments;
use options::Options;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Error, ItemFn, Signature, parse2};

pub(crate) use derive::expand as expand_derive;

/// What the attribute makes of a function.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let function: ItemFn = parse2(item).map_err(|error| {
        Error::new(error.span(), format!("#[fang::task] is for a function with a body: {error}"))
    })?;
    let mut problems = Problems::default();
    problems.note(check(&function.sig));
    let arguments = problems.note(Arguments::read(&function.sig)).unwrap_or_default();
    let saved: Vec<_> = arguments.saved().map(|argument| &argument.name).collect();
    let options = problems.note(Options::read(options, &saved)).unwrap_or_default();
    problems.note(options.check_aliases(&function.sig.ident));
    let renamed = |field: &Ident| arguments.saved().any(|saved| saved.name == *field && saved.is_renamed());
    problems.note(options.check_unique(renamed));
    if let Some(blocking) = &options.blocking {
        let why = "an `async fn` is an async task, and a `fn` a blocking one; remove the word";
        problems.add(Error::new(blocking.span(), why));
    }
    if let Some((needs, _)) = &options.needs {
        let why =
            "a function takes its values as arguments, such as `mailer: State<Mailer>`; remove the word";
        problems.add(Error::new(needs.span(), why));
    }
    problems.report()?;
    Ok(options.renamed(emit::task(&function, &arguments, &options)))
}

/// Refuses what a task cannot be.
fn check(sig: &Signature) -> syn::Result<()> {
    let mut problems = Problems::default();
    let mut refuse = |what: &dyn ToTokens, why: &str| problems.add(Error::new_spanned(what, why));
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let why = "a task cannot be generic: its arguments are saved and read back, so each needs a type of its own; \
                   write a function for each type";
        match &sig.generics.where_clause {
            Some(clause) if sig.generics.params.is_empty() => refuse(clause, why),
            _ => refuse(&sig.generics, why),
        }
    }
    if let Some(token) = &sig.constness {
        refuse(token, "a task cannot be `const`; remove the word");
    }
    if let Some(token) = &sig.unsafety {
        refuse(
            token,
            "a task cannot be `unsafe`: its pool calls it; put the unsafe code into a block of its own",
        );
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "a task cannot be `extern`; remove it");
    }
    if let Some(variadic) = &sig.variadic {
        refuse(variadic, "a task has a fixed number of arguments; take a `Vec`");
    }
    problems.report()
}

/// The errors found so far, so that the user sees all of them at once.
#[derive(Default)]
struct Problems(Option<Error>);

impl Problems {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn note<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    fn report(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
